use bizproc_runtime::{Property, Robot};

#[derive(Property)]
struct Wide(u128);

#[derive(Robot)]
#[robot(code = "acme_wide")]
struct Robots {
    wide: Wide,
}

fn main() {}
