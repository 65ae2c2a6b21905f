use bizproc_runtime::Robot;

/// Invoice
#[derive(Robot)]
#[robot(code = "acme_invoice", name(russian = "Счёт", de = "Rechnung", de = "Faktura"))]
struct Invoice {
    /// Sum
    #[property(name)]
    sum: f64,
}

fn main() {}
