use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_numbers")]
struct Numbers {
    large: u64,
    size: usize,
}

fn main() {}
