use bizproc_runtime::{ReturnValues, Robot};

#[derive(ReturnValues)]
struct Stamp {
    number: String,
}

#[derive(ReturnValues)]
struct Created {
    #[property(flatten)]
    stamp: Stamp,
    number: String,
}

#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Created)]
struct Invoice;

fn main() {}
