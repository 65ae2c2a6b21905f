use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(type = "select")]
    region: String,
}

fn main() {}
