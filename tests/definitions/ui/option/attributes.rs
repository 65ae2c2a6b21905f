use bizproc_runtime::Select;

#[derive(Select)]
#[select(rename_all = "kebab-case", default = "one")]
enum Format {
    #[option(value = "pdf")]
    Pdf,
    #[option(key = 1, title)]
    Docx,
    #[option(key = "a", key = "b")]
    #[option(title = "Odt")]
    #[option(title = "Open document")]
    Odt,
    #[option(skip)]
    Rtf,
}

fn main() {}
