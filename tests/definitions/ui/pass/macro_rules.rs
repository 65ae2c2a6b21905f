use std::num::NonZero;

use bizproc_runtime::{FileRef, Property, ReturnValues, Robot, Select, UserRef};

macro_rules! robots {
    ($($(#[$meta:meta])* $name:ident $code:literal -> $returns:ty {
        $($field:ident: $ty:ty = $label:literal,)*
    })*) => {$(
        $(#[$meta])*
        #[derive(Robot)]
        #[robot(code = $code, returns = $returns)]
        struct $name {
            $(#[property(required, name = $label)] $field: $ty,)*
        }
    )*};
}

robots! {
    /// Made by a macro
    Made "acme_made" -> Output {
        many: Vec<UserRef> = "Many",
        file: FileRef = "File",
        number: NonZero<u32> = "Number",
        deal: Deal = "Deal",
    }
    /// Made too
    #[allow(dead_code)]
    MadeToo "acme_made_too" -> () {}
}

macro_rules! types {
    ($values:ident $value:ty, $newtype:ident $inner:ty, $choice:ident $($variant:ident $key:literal)*) => {
        #[derive(ReturnValues)]
        struct $values {
            #[property(default = 0)]
            value: $value,
        }

        #[derive(Property)]
        struct $newtype($inner);

        #[derive(Select)]
        enum $choice {
            $(#[option(key = $key)] $variant,)*
        }
    };
}

types!(Output f64, Deal u32, Choice One "one" Two "two");

macro_rules! defaults {
    ($name:ident $code:literal $ty:ty, $default:expr) => {
        #[derive(Robot)]
        #[robot(code = $code)]
        struct $name {
            #[property(default = $default)]
            field: $ty,
        }
    };
}

defaults!(OfEnum "acme_of_enum" Choice, Choice::Two);

fn main() {
    let inputs = Made::DEFINITION.properties();
    let labels = inputs.iter().map(|input| input.name.get("en").unwrap());
    assert_eq!(labels.collect::<Vec<_>>(), ["Many", "File", "Number", "Deal"]);
    assert_eq!(Made::DEFINITION.name().get("en"), Some("Made by a macro"));
    assert_eq!(MadeToo::DEFINITION.code(), "acme_made_too");
    assert_eq!(Choice::OPTIONS[0].key, Choice::One.key());
    assert_eq!(OfEnum::DEFINITION.properties().len(), 1);
}
