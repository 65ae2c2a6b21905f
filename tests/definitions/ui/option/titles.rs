use bizproc_runtime::Select;

#[derive(Select)]
enum Format {
    #[option(title = "")]
    Blank,
    /// PDF
    Pdf,
    #[option(title = "PDF")]
    SignedPdf,
}

fn main() {}
