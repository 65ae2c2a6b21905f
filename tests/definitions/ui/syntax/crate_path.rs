use bizproc_runtime::{Robot, Select};

#[derive(Robot)]
#[robot(code = "acme_a", crate = "robots::runtime")]
struct Relative;

#[derive(Robot)]
#[robot(code = "acme_b", crate = "a b")]
struct NoPath;

#[derive(Robot)]
#[robot(code = "acme_c", crate = ::bizproc_runtime)]
struct NoText;

#[derive(Select)]
#[select(crate = "self::runtime")]
enum Choice {
    One,
}

fn main() {}
