use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_a")]
enum Choice {
    One,
}

#[derive(Robot)]
#[robot(code = "acme_b")]
struct Pair(String, String);

#[derive(ReturnValues)]
union Either {
    a: u32,
    b: f32,
}

fn main() {}
