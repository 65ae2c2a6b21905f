use bizproc_runtime::{Robot, Select};

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Format {
    /// Word document
    Docx,
}

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(default = "Word document")]
    format: Format,
    #[property(default = "Portrait", options(p = "Portrait"))]
    page: String,
}

fn main() {}
