use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", filter(include = ["crm", "CCrmDocumentDeal"]))]
struct NotNested;

#[derive(Robot)]
#[robot(code = "acme_b", filter(include = []))]
struct Nowhere;

#[derive(Robot)]
#[robot(code = "acme_c", filter(include = [[], ["crm", ""]], exclude = ["cloud"]))]
struct Empty;

#[derive(Robot)]
#[robot(code = "acme_d", filter(only = [["crm"]]))]
struct Unknown;

#[derive(Robot)]
#[robot(code = "acme_e", filter = "crm", document_type = "DEAL")]
struct NoList;

fn main() {}
