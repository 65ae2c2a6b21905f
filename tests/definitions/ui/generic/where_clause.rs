use bizproc_runtime::{Property, Robot};

#[derive(Property)]
struct Small<T>(T)
where
    T: Copy;

#[derive(Robot)]
#[robot(code = "acme_small")]
struct Robots {
    text: Small<String>,
}

fn main() {}
