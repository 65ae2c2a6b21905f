use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", returns = Sum)]
struct Add;

struct Sum {
    sum: f64,
}

fn main() {}
