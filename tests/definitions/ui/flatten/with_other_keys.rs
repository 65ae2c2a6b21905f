use bizproc_runtime::{Properties, Robot};

#[derive(Properties)]
struct Account {
    name: String,
}

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(flatten, id = "account")]
    renamed: Account,
    #[property(flatten, name(ru = "Счёт", en = "Account"))]
    labelled: Account,
    #[property(default = "x", flatten)]
    filled: Account,
    #[property(required)]
    #[property(flatten)]
    required: Account,
    #[property(flatten = true)]
    valued: Account,
    #[property(flatten, flatten)]
    twice: Account,
}

fn main() {}
