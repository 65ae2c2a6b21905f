use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", filter(include = [["crm", "CCrmDocumentDael"]]))]
struct Typo;

#[derive(Robot)]
#[robot(code = "acme_b", filter(exclude = [["CCrmDocumentDeal"]]))]
struct NoModule;

fn main() {}
