use bizproc_runtime::Robot;

const CODE: &str = "acme_invoice";

#[derive(Robot)]
#[robot(code = CODE)]
struct Constant;

#[derive(Robot)]
#[robot(code = b"acme_invoice")]
struct Bytes;

#[derive(Robot)]
#[robot(code = concat!("acme", "_invoice"))]
struct Macro;

fn main() {}
