//! Bounds and defaults of parameters stay where they may stand.
use bizproc_runtime::{Properties, Property, ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_bounds", returns = Output<T>)]
struct Input<T: Property + Clone, const N: usize = 4> {
    value: T,
    #[property(flatten)]
    group: Group<T>,
}

#[derive(Properties)]
struct Group<T: Property = String> {
    grouped: T,
}

#[derive(ReturnValues)]
struct Output<T: Property + Clone> {
    result: Wrapped<T>,
}

#[derive(Property)]
struct Wrapped<T: Clone>(T);

fn main() {
    assert_eq!(Input::<String>::DEFINITION.properties().len(), 2);
}
