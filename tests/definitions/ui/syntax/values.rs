use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(
    code = 5,
    kind = "activity",
    wait = yes,
    auth_user_id = 0,
    rename_all = "kebab-case",
    crate = "bizproc_runtime"
)]
struct Invoice;

#[derive(Robot)]
#[robot(code = "a", code = "b", kind = workflow)]
#[robot(code = "c")]
struct Twice;

fn main() {}
