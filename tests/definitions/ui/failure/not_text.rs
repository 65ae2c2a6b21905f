use bizproc_runtime::{ReturnValues, Select};

#[derive(Select)]
enum Status {
    Paid,
}

#[derive(ReturnValues)]
struct Paid {
    #[property(failure)]
    done: bool,
    #[property(failure)]
    sum: Option<f64>,
    #[property(failure)]
    status: Status,
    #[property(failure)]
    errors: Vec<String>,
}

fn main() {}
