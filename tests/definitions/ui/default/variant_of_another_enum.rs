use bizproc_runtime::{Robot, Select};

#[derive(Select)]
enum Format {
    Pdf,
}

#[derive(Select)]
enum Page {
    Portrait,
}

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(default = Page::Portrait)]
    format: Format,
    #[property(default = [Format::Pdf, Page::Portrait])]
    formats: Vec<Format>,
}

fn main() {}
