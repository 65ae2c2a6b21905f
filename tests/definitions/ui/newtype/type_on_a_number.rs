use bizproc_runtime::{Property, Robot};

#[derive(Property)]
#[property(type = "UF:money")]
struct Money(f64);

#[derive(Robot)]
#[robot(code = "acme_pay")]
struct Pay {
    sum: Money,
}

fn main() {}
