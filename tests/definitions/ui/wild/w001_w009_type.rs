// non-canonical Type 'boolean'
use bizproc_runtime::ReturnValues;

#[derive(ReturnValues)]
struct Text {
    #[property(id = "isTrue", type = "boolean")]
    is_true: String,
}

#[derive(ReturnValues)]
struct Flag {
    #[property(id = "isTrue", type = "boolean")]
    is_true: bool,
}

fn main() {}
