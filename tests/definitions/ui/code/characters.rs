use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme.создать счёт")]
struct Cyrillic;

#[derive(Robot)]
#[robot(code = "acme/invoice")]
struct Slash;

#[derive(Robot)]
#[robot(code = "invoice\n")]
struct LineBreak;

fn main() {}
