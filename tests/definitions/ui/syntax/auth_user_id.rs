use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", auth_user_id = "1")]
struct Text;

#[derive(Robot)]
#[robot(code = "acme_b", auth_user_id = -1)]
struct Negative;

#[derive(Robot)]
#[robot(code = "acme_c", auth_user_id = 99999999999999999999)]
struct Large;

#[derive(Robot)]
#[robot(code = "acme_d", auth_user_id)]
struct Bare;

fn main() {}
