use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "Webhook", placement = "/settings")]
struct Webhook;

fn main() {}
