use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_document")]
struct Document {
    #[property(options("" = "None", "7" = "Seven", "a " = "A"))]
    keys: String,
    #[property(options(pdf = "PDF", "pdf" = "Acrobat"))]
    twice: String,
    #[property(options(pdf = " ", docx = "Word", odt = "Word"))]
    titles: String,
}

fn main() {}
