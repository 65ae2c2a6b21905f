#![deny(deprecated)]
use bizproc_runtime::{Properties, Property, ReturnValues, Robot, Select};

#[derive(Robot)]
#[robot(code = "acme_old", returns = Output)]
struct Input {
    #[deprecated = "no one fills it in"]
    old: Option<String>,
    choice: Choice,
    deal: Deal,
}

#[derive(Properties)]
struct Group {
    #[deprecated]
    old: bool,
}

#[derive(ReturnValues)]
struct Output {
    #[deprecated]
    older: f64,
}

#[derive(Select)]
enum Choice {
    #[deprecated]
    One,
    Two,
}

#[derive(Property)]
struct Deal(u32);

fn main() {
    assert_eq!(Input::DEFINITION.properties().len(), 3);
    assert_eq!(<Group as Properties>::PROPERTIES.len(), 1);
    assert_eq!(Choice::Two.key(), "Two");
}
