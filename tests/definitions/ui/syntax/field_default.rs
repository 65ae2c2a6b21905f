use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a")]
struct Defaults {
    copies: u32 = 5,
}

fn main() {}
