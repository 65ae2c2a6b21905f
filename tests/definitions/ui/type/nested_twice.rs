use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_lists", returns = Done)]
struct Lists {
    deep: Option<Vec<Vec<u8>>>,
    twice: Vec<Option<Option<u8>>>,
}

#[derive(ReturnValues)]
struct Done {
    deep_too: Vec<Vec<bool>>,
}

fn main() {}
