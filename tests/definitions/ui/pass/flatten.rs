use bizproc_runtime::{Properties, ReturnValues, Robot};

#[derive(Properties)]
#[properties(rename_all = "camelCase", crate = "::bizproc_runtime")]
struct Account {
    /// Account
    #[property(name(ru = "Учётная запись"))]
    account_name: String,
    #[property(default = false)]
    is_test: bool,
}

#[derive(ReturnValues)]
struct Stamp {
    number: String,
}

#[derive(Robot)]
#[robot(code = "acme_create", returns = Created, rename_all = "UPPERCASE")]
struct Create {
    #[property(flatten)]
    account: Account,
    sum: f64,
}

#[derive(Robot)]
#[robot(code = "acme_cancel")]
struct Cancel {
    reason: String,
    #[property(flatten)]
    /// A comment for readers of the program.
    account: Account,
    comment: String,
}

#[derive(ReturnValues)]
struct Created {
    #[property(flatten)]
    stamp: Stamp,
    at: String,
}

fn main() {
    let ids = Create::DEFINITION.properties().iter().map(|input| input.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["accountName", "isTest", "SUM"]);
    let ids = Cancel::DEFINITION.properties().iter().map(|input| input.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["reason", "accountName", "isTest", "comment"]);
    let ids = Create::DEFINITION.returns().iter().map(|output| output.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["number", "at"]);
}
