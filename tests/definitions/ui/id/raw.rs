use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_raw")]
struct Raw {
    r#type: String,
    #[property(id = "TYPE")]
    kind: String,
    #[property(id = "r#match")]
    matched: String,
}

fn main() {}
