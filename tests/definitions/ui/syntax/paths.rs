use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", handler = "https://app.example/robot")]
struct Address;

#[derive(Robot)]
#[robot(code = "acme_b", handler = "robot", placement = "/a b")]
struct Relative;

#[derive(Robot)]
#[robot(code = "acme_c", handler = "/same", placement = "/same")]
struct Same;

fn main() {}
