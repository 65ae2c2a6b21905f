use bizproc_runtime::Robot;

#[derive(Robot)]
struct Nameless;

fn main() {}
