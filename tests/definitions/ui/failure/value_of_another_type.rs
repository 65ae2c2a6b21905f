use bizproc_runtime::{ReturnValues, Select};

#[derive(Select)]
enum Status {
    Failed,
}

#[derive(Select)]
enum Page {
    Portrait,
}

const NO_SUM: u32 = 0;
const NOTHING: &str = "nothing";

#[derive(ReturnValues)]
struct Paid {
    #[property(failure = Page::Portrait)]
    status: Status,
    #[property(failure = NO_SUM)]
    sum: Option<f64>,
    #[property(failure = NOTHING)]
    count: u32,
    #[property(failure = Status::Failed)]
    all: Vec<Status>,
    #[property(failure = Status::Lost)]
    other: Status,
}

fn main() {}
