use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(type = "UF:money")]
    sum: f64,
    #[property(text)]
    paid: bool,
}

fn main() {}
