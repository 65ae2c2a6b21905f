use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_table")]
struct Table {
    cells: Vec<Option<String>>,
}

fn main() {}
