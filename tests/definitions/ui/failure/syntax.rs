use bizproc_runtime::ReturnValues;

#[derive(ReturnValues)]
struct Paid {
    #[property(failure("failed"))]
    call: String,
    #[property(failure = b"bytes")]
    bytes: String,
    #[property(failure = -"x")]
    sign: String,
    #[property(failure = )]
    empty: String,
    #[property(failure, failure = "x")]
    twice: String,
    #[property(failure)]
    #[property(failure)]
    again: String,
    #[property(failed = "x")]
    misspelt: String,
    #[property(failure = ["a" "b"])]
    comma: Vec<String>,
}

fn main() {}
