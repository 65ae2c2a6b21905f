use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_a", returns = Sum, wait = never)]
struct NeverArrives;

#[derive(ReturnValues)]
struct Sum {
    sum: f64,
}

fn main() {}
