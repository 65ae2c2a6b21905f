use bizproc_runtime::{Property, Robot, Select};

#[derive(Robot)]
#[robot(code = "acme_invoice")]
#[property(id = "sum")]
struct Invoice {
    sum: f64,
}

#[derive(Select)]
#[option(key = "pdf")]
enum Format {
    #[select(rename_all = "lowercase")]
    Pdf,
}

#[derive(Property)]
struct Money(#[property(type = "UF:money")] String);

fn main() {}
