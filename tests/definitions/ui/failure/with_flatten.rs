use bizproc_runtime::ReturnValues;

#[derive(ReturnValues)]
struct Stamp {
    number: String,
}

#[derive(ReturnValues)]
struct Created {
    #[property(flatten, failure)]
    stamp: Stamp,
    #[property(failure = "x", flatten)]
    other: Stamp,
}

fn main() {}
