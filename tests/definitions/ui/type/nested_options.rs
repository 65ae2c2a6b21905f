use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_table")]
struct Table {
    note: Option<Option<String>>,
}

fn main() {}
