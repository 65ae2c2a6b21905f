use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", filter(exclude = ["b24", "box"]))]
struct Nowhere;

#[derive(Robot)]
#[robot(code = "acme_b", filter(include = ["B24"]))]
struct Upper;

#[derive(Robot)]
#[robot(code = "acme_c", filter(include = [["crm"], "crm"]))]
struct Mixed;

fn main() {}
