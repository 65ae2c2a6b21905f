use bizproc_runtime::{ReturnValues, Robot};

#[derive(ReturnValues)]
struct Sum {
    sum: f64,
}

#[derive(Robot)]
#[robot(code = "acme_a", returns = Sum, wait = author)]
struct Asked;

#[derive(Robot)]
#[robot(code = "acme_b", wait = autor)]
struct Misspelt;

#[derive(Robot)]
#[robot(code = "acme_text", wait = "Y")]
struct Text;

#[derive(Robot)]
#[robot(code = "acme_c", wait = true)]
struct Flag;

fn main() {}
