use bizproc_runtime::{Robot, Select};

#[derive(Select)]
enum Format {
    Pdf,
}

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(default = Format::Odt)]
    format: Format,
}

#[derive(Robot)]
#[robot(code = "acme_letter")]
struct Letter {
    #[property(default = pdf)]
    format: Format,
}

#[derive(Robot)]
#[robot(code = "acme_copies")]
struct Copies {
    #[property(default = 1 + 2)]
    copies: u8,
}

fn main() {}
