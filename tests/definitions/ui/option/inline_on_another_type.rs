use bizproc_runtime::{Robot, Select};

#[derive(Select)]
enum Format {
    Pdf,
}

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(options(y = "Yes", n = "No"))]
    signed: bool,
    #[property(options(a = "A"))]
    format: Format,
}

#[derive(Robot)]
#[robot(code = "acme_letter")]
struct Letter {
    #[property(options(a = "A"), type = "UF:money")]
    money: String,
    #[property(options(a = "A"), text)]
    text: String,
}

fn main() {}
