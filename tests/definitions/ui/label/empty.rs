use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_invoice", name = "")]
struct Invoice {
    #[property(name(en = "Sum", de = " "))]
    sum: f64,
}

fn main() {}
