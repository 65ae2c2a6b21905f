// An unknown key in a second attribute, a key given again: nothing is passed over.
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a")]
#[robot(cod = "acme_b")]
struct Second {
    #[property(id = "a")]
    #[property(max = 1)]
    unknown: u32,
    #[property(default = 1, default = 2)]
    twice: u32,
    #[property(id = "b")]
    #[property(id = "c")]
    apart: u32,
}

fn main() {}
