use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_invoice")]
struct Invoice {
    #[property(type = "boolean")]
    paid: String,
    #[property(type = "UF:mony")]
    sum: String,
    #[property(type = "text", text)]
    note: String,
}

fn main() {}
