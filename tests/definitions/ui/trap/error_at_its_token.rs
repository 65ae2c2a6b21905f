// Each error is at what is wrong, not at the derive.
use bizproc_runtime::{Property, ReturnValues, Robot, Select};

#[derive(Robot, ReturnValues)]
#[robot(code = "acme_a", wait = maybe)]
struct Tokens {
    #[property(id = "1")]
    id: String,
    #[property(name(ru = ""))]
    name: String,
}

#[derive(Select)]
enum Choice {
    One(u32),
}

#[derive(Property)]
enum Value {}

fn main() {}
