use bizproc_runtime::{Property, Robot};

#[derive(Property)]
struct Percent(u8);

#[derive(Robot)]
#[robot(code = "acme_discount")]
struct Discount {
    #[property(default = 1000)]
    percent: Percent,
}

fn main() {}
