use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(options(pdf = "PDF"), default = "docx")]
    before: String,
    #[property(default = "docx", options(pdf = "PDF"))]
    after: String,
    #[property(options(pdf = "PDF"), default = ["pdf", "odt"])]
    many: Vec<String>,
}

fn main() {}
