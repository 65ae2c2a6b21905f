use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_lists")]
struct Lists {
    #[property(type = "UF:money")]
    sums: Vec<f64>,
    #[property(text)]
    days: Option<jiff::civil::Date>,
}

fn main() {}
