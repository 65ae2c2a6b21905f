use bizproc_runtime::ReturnValues;

#[derive(ReturnValues)]
struct Paid {
    #[property(failure, options(paid = "Paid", failed = "Failed"))]
    status: String,
    #[property(failure, type = "UF:money")]
    sum: String,
    #[property(failure, type = "string")]
    error: String,
}

fn main() {}
