// RETURN_PROPERTIES with USE_SUBSCRIPTION=N: outputs can never be filled
use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "ASAAS_NFSE", wait = never, returns = Issued)]
struct IssueInvoice {
    value: Option<f64>,
}

#[derive(ReturnValues)]
struct Issued {
    status: String,
}

fn main() {}
