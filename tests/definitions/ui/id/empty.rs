use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_empty")]
struct Empty {
    #[property(id = "")]
    nothing: String,
    #[property(id = " a")]
    space: String,
    #[property(id = "a\n")]
    line: String,
    #[property(id = "0")]
    zero: String,
}

fn main() {}
