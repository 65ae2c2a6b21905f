use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(id = "invoice-number")]
    number: String,
    #[property(id = "1st")]
    first: String,
    #[property(id = "сумма")]
    sum: f64,
    _hidden: String,
}

fn main() {}
