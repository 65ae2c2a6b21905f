use bizproc_runtime::{Properties, Robot};

#[derive(Properties)]
struct Sender {
    email: String,
}

#[derive(Properties)]
struct Recipient {
    #[property(id = "eMail")]
    address: String,
}

#[derive(Robot)]
#[robot(code = "acme_letter")]
struct Letter {
    #[property(flatten)]
    from: Sender,
    #[property(flatten)]
    to: Recipient,
}

#[derive(Robot)]
#[robot(code = "acme_copy")]
struct Copy {
    #[property(flatten)]
    from: Sender,
    #[property(flatten)]
    to: Sender,
}

fn main() {}
