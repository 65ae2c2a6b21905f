// non-canonical Type 'String'
use bizproc_runtime::ReturnValues;

#[derive(ReturnValues)]
struct Found {
    #[property(type = "String")]
    ids: String,
    #[property(type = "String")]
    ids_iter: Vec<String>,
}

fn main() {}
