use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "")]
struct Empty;

#[derive(Robot)]
#[robot(code = "0")]
struct Zero;

fn main() {}
