use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a" name = "b")]
struct NoComma;

#[derive(Robot)]
#[robot(code = "acme_b", filter(include =))]
struct NoList;

#[derive(Robot)]
#[robot(code = "acme_c", document_type =)]
struct NoType;

fn main() {}
