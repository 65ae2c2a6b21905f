use bizproc_runtime::{ReturnValues, Robot};

#[derive(ReturnValues)]
struct Sum {
    sum: f64,
}

#[derive(Robot)]
#[robot(code = "acme_a", returns = "Sum")]
struct Text;

#[derive(Robot)]
#[robot(code = "acme_b", returns(Sum))]
struct Parentheses;

#[derive(Robot)]
#[robot(code = "acme_c", returns = Sum, returns = ())]
struct Twice;

fn main() {}
