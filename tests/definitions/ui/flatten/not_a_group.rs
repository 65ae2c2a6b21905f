use bizproc_runtime::{ReturnValues, Robot};

struct Plain;

#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Paid)]
struct Invoice {
    #[property(flatten)]
    number: String,
    #[property(flatten)]
    plain: Plain,
}

#[derive(ReturnValues)]
struct Paid {
    #[property(flatten)]
    plain: Plain,
}

fn main() {}
