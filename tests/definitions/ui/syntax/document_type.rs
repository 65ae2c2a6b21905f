use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", document_type = "crm")]
struct Text;

#[derive(Robot)]
#[robot(code = "acme_b", document_type = ["crm", "CCrmDocumentDeal"])]
struct Two;

#[derive(Robot)]
#[robot(code = "acme_c", document_type = ["crm", "", "DEAL"])]
struct Empty;

#[derive(Robot)]
#[robot(code = "acme_d", document_type = ["a", "b", "c", "d"])]
struct Four;

#[derive(Robot)]
#[robot(code = "acme_e", document_type = [1, 2, 3])]
struct Numbers;

#[derive(Robot)]
#[robot(code = "acme_f", document_type)]
struct Bare;

fn main() {}
