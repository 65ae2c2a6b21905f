use bizproc_runtime::{ReturnValues, Select};

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Status {
    /// Not paid
    Failed,
}

#[derive(ReturnValues)]
struct Paid {
    #[property(failure = 1)]
    done: bool,
    #[property(failure = -1)]
    copies: u8,
    #[property(failure = "{=Document:ID}")]
    deal: u32,
    #[property(failure = "Not paid")]
    status: Status,
    #[property(failure = "never")]
    paid_on: jiff::civil::Date,
    #[property(failure = "none")]
    pages: Vec<String>,
    #[property(failure = ["none"])]
    page: String,
    #[property(failure = [1, 256])]
    days: Vec<u8>,
    #[property(failure = "no", options(yes = "Yes"))]
    answer: String,
}

fn main() {
    println!("{}", <Paid as ReturnValues>::PROPERTIES.len());
}
