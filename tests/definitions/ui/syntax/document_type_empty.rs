use bizproc_runtime::{DocumentType, Robot};

const EMPTY: DocumentType = DocumentType::custom("crm", "CCrmDocumentDeal", "");

#[derive(Robot)]
#[robot(code = "acme_a", document_type = EMPTY)]
struct Empty;

fn main() {}
