use bizproc_runtime::{ReturnValues, Robot};

struct Money;

#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Paid)]
struct Invoice {
    sum: Money,
    lines: Vec<Money>,
    discount: Option<Money>,
    id: u128,
}

#[derive(ReturnValues)]
struct Paid {
    at: std::time::SystemTime,
}

fn main() {}
