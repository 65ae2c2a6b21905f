use bizproc_runtime::{Properties, Robot};

#[derive(Properties)]
struct Account {
    name: String,
}

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(id = "Name")]
    title_of_it: String,
    #[property(flatten)]
    account: Account,
}

fn main() {}
