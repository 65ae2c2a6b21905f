use bizproc_runtime::Select;

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Format {
    PdfA,
    PDFa,
    #[option(key = "word")]
    Docx,
    Word,
}

fn main() {}
