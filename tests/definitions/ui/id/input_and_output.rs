use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_cancel", returns = Cancelled)]
struct Cancel {
    subscription_id: String,
}

#[derive(ReturnValues)]
#[return_values(rename_all = "SCREAMING_SNAKE_CASE")]
struct Cancelled {
    subscription_id: String,
}

fn main() {}
