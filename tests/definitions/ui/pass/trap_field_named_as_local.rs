//! Fields with names that generated code could use itself.
use bizproc_runtime::{Properties, Property, ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_locals", returns = Output)]
struct Locals {
    #[property(id = "data")]
    __data: String,
    decoder: String,
    value: Option<u32>,
    #[property(flatten)]
    group: Group,
}

#[derive(Properties)]
struct Group {
    #[property(id = "field0")]
    __field0: String,
    #[property(id = "field1")]
    __field1: String,
    #[property(id = "rt")]
    __rt: String,
}

#[derive(ReturnValues)]
struct Output {
    encoder: String,
    culture: String,
    #[property(id = "self_")]
    values: Inner,
}

#[derive(Property)]
struct Inner {
    value: String,
}

fn main() {
    assert_eq!(Locals::DEFINITION.properties().len(), 6);
    let Inner { value } = Inner { value: String::new() };
    assert!(value.is_empty());
}
