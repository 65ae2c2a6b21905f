use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_text")]
struct Borrowed<'a> {
    text: &'a str,
}

fn main() {}
