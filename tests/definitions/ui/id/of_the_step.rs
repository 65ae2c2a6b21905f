use bizproc_runtime::Properties;

#[derive(Properties)]
#[properties(rename_all = "PascalCase")]
struct Step {
    use_subscription: bool,
    set_status_message: bool,
    status_message: String,
    timeout_duration: u32,
    timeout_duration_type: String,
}

fn main() {}
