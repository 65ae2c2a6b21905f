use bizproc_runtime::{Properties, Robot};

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(failure)]
    number: String,
    #[property(failure = 0, id = "the sum")]
    sum: f64,
}

#[derive(Properties)]
struct Account {
    #[property(failure)]
    name: String,
}

fn main() {}
