use std::fmt::Debug;

use bizproc_runtime::{Properties, Property, ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_where", returns = Output<T>)]
struct Input<T: Clone>
where
    T: Debug + Property,
    Vec<T>: Property,
{
    value: T,
    #[property(flatten)]
    group: Group<T>,
}

#[derive(Properties)]
struct Group<T>
where
    T: Clone,
{
    many: Vec<T>,
}

#[derive(ReturnValues)]
struct Output<T>
where
    T: Clone + Debug,
{
    result: Wrapped<T>,
}

#[derive(Property)]
struct Wrapped<T>(T)
where
    T: Clone;

fn main() {
    assert_eq!(Input::<String>::DEFINITION.properties().len(), 2);
    assert_eq!(Input::<String>::DEFINITION.returns().len(), 1);
}
