// The group's own fault is reported once, and the robot that uses it adds no other.
use bizproc_runtime::{Properties, Robot};

#[derive(Properties)]
#[properties(rename = "camelCase")]
struct Account {
    #[property(id = "account-name")]
    name: String,
}

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(flatten)]
    account: Account,
}

fn main() {}
