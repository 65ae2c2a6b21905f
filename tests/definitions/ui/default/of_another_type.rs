use bizproc_runtime::{Robot, Select};

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Format {
    Pdf,
    Docx,
}

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(default = "PDF")]
    format: Format,
    #[property(default = "yes")]
    signed: bool,
    #[property(default = 1.5)]
    copies: u32,
    #[property(default = "much")]
    price: f64,
    #[property(default = "31.12.2025")]
    due: jiff::civil::Date,
}

fn main() {}
