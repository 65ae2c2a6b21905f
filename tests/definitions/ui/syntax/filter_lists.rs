use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", filter(include = "b24"))]
struct NoBrackets;

#[derive(Robot)]
#[robot(code = "acme_b", filter(include))]
struct NoList;

#[derive(Robot)]
#[robot(code = "acme_c", filter(include = [["a", "b", "c", "d"]]))]
struct Four;

#[derive(Robot)]
#[robot(code = "acme_d", filter(include = ["b24"], include = ["box"]))]
struct Twice;

#[derive(Robot)]
#[robot(code = "acme_e", filter(exclud = ["b24"]))]
struct Misspelt;

#[derive(Robot)]
#[robot(code = "acme_f", filter)]
struct Bare;

#[derive(Robot)]
#[robot(code = "acme_g", filter(include = [["crm", 5]]))]
struct Number;

fn main() {}
