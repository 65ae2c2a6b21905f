use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(cod = "acme_invoice", return = Paid)]
struct Invoice {
    #[property(identifier = "sum", requird)]
    sum: f64,
    #[robot(code = "x")]
    #[property(required = true)]
    tax: f64,
}

#[derive(ReturnValues)]
#[return_values(rename_al = "camelCase")]
struct Paid {
    #[property(required)]
    on: bool,
}

fn main() {}
