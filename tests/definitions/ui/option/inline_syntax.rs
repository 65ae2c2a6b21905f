use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(options = ["pdf", "docx"])]
    list: String,
    #[property(options)]
    bare: String,
    #[property(options("PDF"))]
    heading: String,
    #[property(options(pdf = 1))]
    number: String,
    #[property(options(pdf = "PDF" docx = "Word"))]
    comma: String,
    #[property(options(pdf = "PDF"), options(docx = "Word"))]
    twice: String,
}

fn main() {}
