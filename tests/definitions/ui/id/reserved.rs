use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_invoice", returns = Paid, rename_all = "camelCase")]
struct Invoice {
    title: String,
    auth_user_id: u64,
    options: Vec<String>,
}

#[derive(ReturnValues)]
struct Paid {
    #[property(id = "IsTimeout")]
    late: bool,
}

fn main() {}
