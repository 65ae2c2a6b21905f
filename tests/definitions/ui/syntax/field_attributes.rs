use bizproc_runtime::{ReturnValues, Robot, Select};

#[derive(Robot, ReturnValues, Select)]
#[robot(code = "acme_a")]
struct Fields {
    #[robot(code = "acme_b")]
    robot: String,
    #[return_values(rename_all = "camelCase")]
    values: String,
    #[select(rename_all = "camelCase")]
    choice: String,
    #[option(key = "a")]
    option: String,
}

fn main() {}
