use std::num::NonZero;

use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_numbers")]
struct Numbers {
    #[property(default = -1)]
    copies: u32,
    #[property(default = 300)]
    percent: u8,
    #[property(default = -129)]
    shift: i8,
    #[property(default = 0)]
    deal: NonZero<u32>,
    #[property(default = [1, 256])]
    days: Vec<u8>,
}

fn main() {}
