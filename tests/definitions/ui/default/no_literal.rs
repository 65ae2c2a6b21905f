use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_tags")]
struct Tags {
    #[property(default = b"bytes")]
    name: String,
    #[property(default = -"x")]
    sign: String,
    #[property(default)]
    none: String,
}

fn main() {}
