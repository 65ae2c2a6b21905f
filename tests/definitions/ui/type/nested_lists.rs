use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_table")]
struct Table {
    cells: Vec<Vec<String>>,
}

fn main() {}
