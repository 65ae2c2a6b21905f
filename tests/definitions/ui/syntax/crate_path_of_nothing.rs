use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", crate = "::no_such_crate")]
struct Nowhere;

fn main() {}
