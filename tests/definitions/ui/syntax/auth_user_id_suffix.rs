use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", auth_user_id = 1u32)]
struct Suffix;

fn main() {}
