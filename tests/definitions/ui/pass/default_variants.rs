use bizproc_runtime::definition::DefaultValue;
use bizproc_runtime::{ReturnValues, Robot, Select};

mod choices {
    #[derive(bizproc_runtime::Select)]
    #[select(rename_all = "snake_case")]
    pub enum Choice {
        FirstOne,
        #[option(key = "2nd")]
        SecondOne,
    }
}

use choices::Choice;

const PREFERRED: Choice = Choice::SecondOne;

#[derive(Robot)]
#[robot(code = "acme_variants", returns = Output)]
struct Variants {
    #[property(default = Choice::FirstOne)]
    variant: Choice,
    #[property(default = choices::Choice::SecondOne)]
    path: Option<Choice>,
    #[property(default = PREFERRED)]
    constant: Choice,
    #[property(default = "2nd")]
    key: Choice,
    #[property(default = [Choice::FirstOne, "2nd"])]
    list: Vec<Choice>,
}

#[derive(ReturnValues)]
struct Output {
    #[property(default = Choice::FirstOne)]
    chosen: Choice,
}

fn main() {
    let defaults = Variants::DEFINITION.properties().iter().map(|input| input.default);
    let expected = [
        DefaultValue::One("first_one"),
        DefaultValue::One("2nd"),
        DefaultValue::One("2nd"),
        DefaultValue::One("2nd"),
        DefaultValue::List(&["first_one", "2nd"]),
    ];
    assert_eq!(defaults.collect::<Vec<_>>(), expected);
    assert_eq!(Choice::from_key("2nd").map(|choice| choice.key()), Some("2nd"));
}
