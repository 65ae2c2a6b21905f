use std::borrow::Cow;

use bizproc_runtime::{Properties, Property, ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_borrowing", returns = Answer<'static>)]
struct Borrowing<'a> {
    text: Cow<'a, str>,
    list: Vec<Cow<'a, str>>,
    #[property(flatten)]
    group: Group<'a>,
}

#[derive(Properties)]
struct Group<'a> {
    name: Name<'a>,
}

#[derive(Property)]
struct Name<'a>(Cow<'a, str>);

#[derive(ReturnValues)]
struct Answer<'a> {
    answer: Cow<'a, str>,
}

fn main() {
    let ids = Borrowing::DEFINITION.properties().iter().map(|input| input.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["text", "list", "name"]);
}
