//! Every shape of struct that can be a robot.
use std::borrow::Cow;
use std::num::NonZero;

use bizproc_runtime::{FileRef, Property, ReturnValues, Robot, Select, Text, UserRef};

/// Unit
#[derive(Robot)]
#[robot(code = "acme_unit")]
struct Unit;

#[derive(Robot)]
#[robot(code = "acme_empty")]
struct Empty {}

#[derive(Robot)]
#[robot(code = "acme_generic", returns = Pair<T, u8>)]
struct Generic<T: Clone, const N: usize>
where
    T: Send,
{
    value: T,
    list: Vec<T>,
    maybe: Option<T>,
}

#[derive(ReturnValues)]
struct Pair<A, B = String> {
    first: A,
    second: B,
}

#[derive(Robot)]
#[robot(code = "acme_borrowing")]
struct Borrowing<'a> {
    text: Cow<'a, str>,
}

#[derive(Robot)]
#[robot(code = "acme_raw", rename_all = "PascalCase")]
pub struct Raw {
    r#type: String,
    r#match: Option<bool>,
    two_words: std::option::Option<std::string::String>,
}

type Alias = Option<Vec<Choice>>;

#[derive(Select)]
#[select(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Choice {
    /// The first one
    FirstOne,
    #[option(key = "second", title = "Second")]
    SecondOne,
    r#Else,
}

mod inner {
    pub mod deeper {
        #[derive(bizproc_runtime::Robot)]
        #[robot(code = "acme_visible")]
        pub(in crate::inner) struct Visible {
            pub(super) a: crate::Alias,
            b: crate::Everything,
        }
    }

    pub fn codes() -> [&'static str; 1] {
        [<deeper::Visible as bizproc_runtime::Robot>::DEFINITION.code()]
    }
}

/// A type of the user's own.
struct Everything;

impl Property for Everything {
    const TYPE: bizproc_runtime::definition::PropertyType =
        bizproc_runtime::definition::PropertyType::Other("UF:address");

    fn decode(
        _: bizproc_runtime::property::Received<'_>,
    ) -> Result<Self, bizproc_runtime::property::ValueError> {
        Ok(Self)
    }

    fn encode(&self, _: &bizproc_runtime::property::Culture) -> serde_json::Value {
        serde_json::Value::Null
    }
}

macro_rules! robots {
    ($($name:ident $code:literal { $($field:ident: $ty:ty,)* })*) => {$(
        #[derive(Robot)]
        #[robot(code = $code)]
        struct $name {
            $(#[property(required)] $field: $ty,)*
        }
    )*};
}

robots! {
    MadeByMacro "acme_macro" { many: Vec<UserRef>, file: FileRef, number: NonZero<u32>, }
}

#[derive(Robot)]
#[robot(code = "acme_cfg")]
struct Conditional {
    always: Text,
    #[cfg(any())]
    never: NoSuchType,
}

#[derive(Robot)]
#[robot(
    kind = activity,
    code = "ACME.every-key_9",
    name = "Every key",
    name(ru = "Все ключи", de = "Alle"),
    description(en = "What can be said"),
    handler = "/robots/every",
    placement = "/settings/every",
    auth_user_id = 7,
    document_type = bizproc_runtime::DocumentType::smart_process(147),
    filter(
        include = [["crm"], bizproc_runtime::DocumentType::DEAL, "b24"],
        exclude = [["crm", "CCrmDocumentLead", "LEAD"], "box"],
    ),
    wait = "Y",
    rename_all = "camelCase",
    crate = "::bizproc_runtime",
)]
struct EveryKey {
    #[property(id = "other", name(ru = "Другое"), name = "Other", description = "A hint", text)]
    note: String,
    #[property(type = "UF:money", default = "{=Document:OPPORTUNITY}")]
    sum: String,
    #[property(default = true)]
    flag: bool,
    #[property(default = -5)]
    number: i8,
    #[property(default = -0.5)]
    double: f64,
    #[property(default = Choice::SecondOne)]
    choice: Choice,
    #[property(default = [Choice::FirstOne, Choice::SecondOne], required)]
    choices: Vec<Choice>,
    #[property(default = ["a", "{=Document:ID}"])]
    list: Vec<String>,
    #[property(default = "2025-12-31")]
    date: jiff::civil::Date,
    #[property(default = "")]
    empty: Option<i64>,
    at: Option<jiff::Timestamp>,
}

fn main() {
    let codes = [
        Unit::DEFINITION.code(),
        Empty::DEFINITION.code(),
        Generic::<String, 3>::DEFINITION.code(),
        Borrowing::DEFINITION.code(),
        MadeByMacro::DEFINITION.code(),
        Conditional::DEFINITION.code(),
        EveryKey::DEFINITION.code(),
    ];
    assert_eq!(codes.len(), 7);
    assert_eq!(inner::codes(), ["acme_visible"]);
    let ids = Raw::DEFINITION.inputs().iter().map(|input| input.id).collect::<Vec<_>>();
    assert_eq!(ids, ["Type", "Match", "TwoWords"]);
    let keys = Choice::OPTIONS.iter().map(|option| option.key).collect::<Vec<_>>();
    assert_eq!(keys, ["FIRST_ONE", "second", "ELSE"]);
    assert_eq!(Conditional::DEFINITION.inputs().len(), 1);
    let outputs = Generic::<String, 3>::DEFINITION.outputs();
    assert_eq!(outputs.get(1).unwrap().property_type.as_str(), "int");
}
