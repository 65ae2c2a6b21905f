//! Beside the derives and attributes of others.
use bizproc_runtime::{Properties, Property, ReturnValues, Robot, Select};

#[derive(Debug, Clone, Default, PartialEq, Robot)]
#[robot(code = "acme_both", returns = Values)]
#[must_use]
#[non_exhaustive]
struct Both {
    #[property(id = "same")]
    same: Option<String>,
}

#[derive(Robot)]
#[robot(code = "acme_other", returns = Values)]
struct Other {
    choice: Choice,
}

/// A group of inputs here, return values there.
#[derive(Debug, Clone, Properties, ReturnValues)]
#[properties(rename_all = "camelCase")]
#[return_values(rename_all = "PascalCase")]
struct Values {
    sum_of_all: Sum,
}

#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Property)]
#[repr(transparent)]
struct Sum(f64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Select, Default)]
#[repr(u8)]
enum Choice {
    #[default]
    One = 1,
    Two = 2,
}

fn main() {
    assert_eq!(<Values as Properties>::PROPERTIES.get(0).unwrap().id, "sumOfAll");
    assert_eq!(<Values as ReturnValues>::PROPERTIES.get(0).unwrap().id, "SumOfAll");
    assert_eq!(Choice::default().key(), "One");
    assert_eq!(Choice::Two as u8, 2);
    assert_eq!(Other::DEFINITION.returns().len(), 1);
}
