use bizproc_runtime::{Properties, Robot};

#[derive(Properties)]
struct Account {
    name: String,
}

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(flatten)]
    maybe: Option<Account>,
    #[property(flatten)]
    many: Vec<Account>,
}

fn main() {}
