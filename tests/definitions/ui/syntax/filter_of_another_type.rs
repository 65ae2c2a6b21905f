use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", filter(include = [5]))]
struct Number;

fn main() {}
