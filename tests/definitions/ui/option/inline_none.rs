use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(options())]
    format: String,
}

fn main() {}
