use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(id = "Number")]
    number: String,
    #[property(id = "number")]
    copy: String,
    #[property(id = "sum")]
    net: f64,
    #[property(id = "sum")]
    gross: f64,
}

fn main() {}
