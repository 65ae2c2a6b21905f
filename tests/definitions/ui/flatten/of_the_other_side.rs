use bizproc_runtime::{Properties, ReturnValues, Robot};

#[derive(Properties)]
struct Input {
    number: String,
}

#[derive(ReturnValues)]
struct Output {
    sum: f64,
}

#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Paid)]
struct Invoice {
    #[property(flatten)]
    output: Output,
}

#[derive(ReturnValues)]
struct Paid {
    #[property(flatten)]
    input: Input,
}

fn main() {}
