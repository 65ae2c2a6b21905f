use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_tags")]
struct Tags {
    #[property(default = "a")]
    many: Vec<String>,
    #[property(default = ["a", "b"])]
    one: String,
}

fn main() {}
