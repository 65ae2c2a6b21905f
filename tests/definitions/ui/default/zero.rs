use std::num::NonZero;

use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_parts")]
struct Parts {
    #[property(default = 0)]
    signed: NonZero<i8>,
    #[property(default = 9999999999999999999)]
    endless: u8,
}

fn main() {}
