use std::num::NonZero;

use bizproc_runtime::definition::DefaultValue;
use bizproc_runtime::{FileRef, Robot, Text, UserRef};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

#[derive(Robot)]
#[robot(code = "acme_defaults")]
struct Defaults {
    #[property(default = true)]
    flag: bool,
    #[property(default = -128)]
    least: i8,
    #[property(default = 4_294_967_295)]
    greatest: u32,
    #[property(default = 1)]
    not_zero: NonZero<u8>,
    #[property(default = -0.5)]
    double: f64,
    #[property(default = 7)]
    whole: f32,
    #[property(default = ["a", "{=Document:ID}"])]
    list: Vec<String>,
    #[property(default = [])]
    none: Vec<i64>,
    #[property(default = "2024-02-29")]
    date: Date,
    #[property(default = "2025-12-31 10:20")]
    time: DateTime,
    #[property(default = "2025-12-31T10:20:30")]
    moment: Option<Timestamp>,
    #[property(default = 15)]
    file: FileRef,
    #[property(default = "user_1")]
    user: UserRef,
    #[property(default = "two\nlines")]
    text: Text,
    #[property(default = "")]
    empty: Option<i64>,
}

/// An expression fits every type.
#[derive(Robot)]
#[robot(code = "acme_expressions")]
struct Expressions {
    #[property(default = "{=Document:FLAG}")]
    flag: bool,
    #[property(default = "=1+1")]
    number: u8,
    #[property(default = "{{Sum}}")]
    double: f64,
    #[property(default = "{=Document:DATE}")]
    date: Date,
    #[property(default = "{=Document:FILE}")]
    file: FileRef,
}

fn main() {
    let defaults = Defaults::DEFINITION.properties().iter().map(|input| input.default);
    let defaults = defaults.collect::<Vec<_>>();
    assert_eq!(defaults[0], DefaultValue::One("Y"));
    assert_eq!(defaults[1], DefaultValue::One("-128"));
    assert_eq!(defaults[2], DefaultValue::One("4294967295"));
    assert_eq!(defaults[6], DefaultValue::List(&["a", "{=Document:ID}"]));
    assert_eq!(defaults[7], DefaultValue::List(&[]));
    assert_eq!(Expressions::DEFINITION.properties().len(), 5);
}
