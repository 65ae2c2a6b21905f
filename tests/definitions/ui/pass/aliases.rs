//! A type is known by what it is, not by how it is written.
use std::num::{NonZero, NonZeroU8};

use bizproc_runtime::{ReturnValues, Robot};

type Text = String;
type Maybe<T> = core::option::Option<T>;
type Words = Maybe<Vec<Text>>;
type Values = Output;

#[derive(Robot)]
#[robot(code = "acme_aliases", returns = Values)]
struct Aliases {
    text: Text,
    words: Words,
    path: std::option::Option<i64>,
    list: std::vec::Vec<::std::primitive::bool>,
    small: NonZeroU8,
    same: NonZero<u8>,
}

#[derive(ReturnValues)]
struct Output {
    answer: Text,
}

fn main() {
    let inputs = Aliases::DEFINITION.properties();
    let types = inputs.iter().map(|input| input.property_type.as_str());
    let expected = ["string", "string", "int", "bool", "int", "int"];
    assert_eq!(types.collect::<Vec<_>>(), expected);
    let words = inputs.get(1).unwrap();
    assert!(words.multiple && !words.required);
    assert!(!inputs.get(2).unwrap().required && inputs.get(4).unwrap().required);
    let Output { answer } = Output { answer: Text::new() };
    assert!(answer.is_empty());
}
