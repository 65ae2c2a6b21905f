use bizproc_runtime::{DocumentType, Robot};

#[derive(Robot)]
#[robot(code = "acme_a", document_type = DocumentType::DEALS)]
struct Unknown;

#[derive(Robot)]
#[robot(code = "acme_b", document_type = 5)]
struct Number;

fn main() {}
