use bizproc_runtime::{Properties, ReturnValues, Robot, Select, Text};

#[derive(Robot)]
#[robot(code = "acme_cfg", returns = Output)]
#[cfg_attr(any(), robot(code = "acme_never"))]
struct Conditional {
    always: Text,
    #[cfg(any())]
    never: NoSuchType,
    #[cfg(not(any()))]
    #[cfg_attr(not(any()), property(id = "renamed"))]
    also: Choice,
    #[cfg(any())]
    #[property(flatten)]
    group: NoSuchGroup,
    #[property(flatten)]
    other: Group,
}

#[derive(Properties)]
struct Group {
    #[cfg(any())]
    always: NoSuchType,
    #[cfg(all())]
    grouped: bool,
}

#[derive(ReturnValues)]
struct Output {
    #[cfg(any())]
    never: NoSuchType,
    sum: f64,
}

#[derive(Select)]
enum Choice {
    One,
    #[cfg(any())]
    One,
    #[cfg(all())]
    Two,
}

fn main() {
    let ids = Conditional::DEFINITION.properties().iter().map(|input| input.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["always", "renamed", "grouped"]);
    assert_eq!(Conditional::DEFINITION.returns().len(), 1);
    assert_eq!(<Choice as bizproc_runtime::Property>::OPTIONS.len(), 2);
    assert_eq!(Choice::Two.key(), "Two");
}
