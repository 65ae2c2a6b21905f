// One error for the field, although reading, writing and registration all need its type.
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a")]
struct Once {
    /// Callback
    #[property(required)]
    callback: fn(),
}

fn main() {
    println!("{:?}", Once::DEFINITION);
}
