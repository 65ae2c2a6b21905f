use bizproc_runtime::{Properties, ReturnValues, Robot};

#[derive(Properties)]
struct Account {
    number: String,
}

#[derive(ReturnValues)]
struct Stamp {
    #[property(id = "NUMBER")]
    given: String,
}

#[derive(ReturnValues)]
struct Created {
    sum: f64,
    #[property(flatten)]
    stamp: Stamp,
}

#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Created)]
struct Invoice {
    #[property(flatten)]
    account: Account,
}

fn main() {}
