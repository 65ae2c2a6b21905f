//! The Rust types that can be properties: [`Property`] gives a type its property type on the portal,
//! and decodes and encodes its values.
//!
//! | Rust type | property type | received as | sent as |
//! |---|---|---|---|
//! | `String`, `Box<str>`, `Cow<str>` | `string` | text | text |
//! | [`Text`], or a `String` with `#[property(text)]` | `text` | text | text |
//! | `bool` | `bool` | `Y`/`N`/`1`/`0`/`true`/`false`, `""` is `false` | `Y`/`N` |
//! | `i8`…`i64`, `u8`…`u32`, `NonZero…` of these | `int` | `1 500` | number |
//! | `f32`, `f64` | `double` | `1 500,00` | number |
//! | `jiff::civil::Date` | `date` | [`Culture`]'s format, ISO | `2025-12-31` |
//! | `jiff::Timestamp` | `datetime` | [`Culture`]'s format, ISO | epoch seconds |
//! | `jiff::civil::DateTime` | `datetime` | [`Culture`]'s format, ISO | epoch seconds; without a known zone the civil time |
//! | `chrono::NaiveDate` | `date` | as jiff's | as jiff's |
//! | `chrono::NaiveDateTime`, `chrono::DateTime<Utc>` | `datetime` | as jiff's | as jiff's |
//! | `rust_decimal::Decimal` | `double` | `1 500,00` | decimal text |
//! | [`UserRef`] | `user` | `user_7`, or a role or group | the same |
//! | [`FileRef`] | `file` | number of a file | number |
//! | an enum with [`Select`] | `select` | an option's key | the key |
//! | [`Value`] | `string` | any form | the same |
//! | `Option<T>` | as `T`, not required | `""` or no value is `None` | no value for `None` |
//! | `Vec<T>` | as `T`, multiple | list; one value is a list of one | list |
//!
//! A `String` or a [`Value`] with `#[property(type = "UF:money")]` is a property of that type. A
//! struct around one value [derives `Property`](derive@crate::Property) and has the type of its
//! value; any other type of your own implements [`Property`]. chrono's types and `Decimal` need the
//! features `chrono` and `rust_decimal`.

#[cfg(feature = "chrono")]
mod chrono04;
mod culture;
#[cfg(feature = "jiff")]
mod date;
#[cfg(feature = "rust_decimal")]
mod decimal1;
mod error;
mod failure;
mod field;
mod file;
mod flag;
mod input_value;
mod list;
mod number;
mod optional;
mod raw;
mod select;
mod text;
mod user;

pub use culture::Culture;
pub use error::{DecodeError, PropertyError, ValueError};
pub use failure::{FailureEncoder, FromErrorText, IntoFailureValue, MAX_FAILURE_TEXT_CHARS};
pub use field::{Decoder, Encoder, Field, InputProperties};
pub use file::FileRef;
pub use input_value::InputValue;
pub use select::{Select, decode_select, encode_select};
pub use text::Text;
pub use user::UserRef;

/// A value to send to the portal.
pub use serde_json::Value;

use crate::definition::{PropertyType, SelectOption};

/// A Rust type that can be a property of a robot or a return value.
///
/// ```
/// use bizproc_runtime::definition::PropertyType;
/// use bizproc_runtime::property::{Culture, InputValue, Property, Value, ValueError};
///
/// /// A colour such as `#1e90ff`, which the author enters as text.
/// #[derive(Debug, PartialEq)]
/// struct Colour(u32);
///
/// impl Property for Colour {
///     const TYPE: PropertyType = PropertyType::String;
///
///     fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
///         let text = input.text()?;
///         let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
///         let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
///         number.map(Self).ok_or_else(|| ValueError::expected("a colour such as `#1e90ff`", text))
///     }
///
///     fn encode(&self, _: &Culture) -> Value {
///         Value::from(format!("#{:06x}", self.0))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a property of a robot",
    label = "no Bitrix24 property type is known for `{Self}`",
    note = "these can: String, Text, bool, i8 to i64, u8 to u32, f32, f64, jiff's Date, DateTime \
            and Timestamp, UserRef, FileRef, and Option<T> and Vec<T> of them; chrono's types and \
            Decimal with the features `chrono` and `rust_decimal`",
    note = "for an enum of choices add `#[derive(Select)]`, for a struct around one value \
            `#[derive(Property)]`; for anything else implement `bizproc_runtime::Property`"
)]
pub trait Property: Sized {
    /// The property type on the portal.
    const TYPE: PropertyType;
    /// Whether the settings form requires a value.
    const REQUIRED: bool = true;
    /// Whether the property holds a list.
    const MULTIPLE: bool = false;
    /// The options of a `select`; empty for other types.
    const OPTIONS: &'static [SelectOption] = &[];
    /// Further facts for the checks of a definition.
    #[doc(hidden)]
    const DETAILS: Details = Details::PLAIN;

    /// Decodes the value that a call carries.
    ///
    /// # Errors
    ///
    /// [`ValueError::missing`] if no value is set, [`ValueError::expected`] if the value has a wrong
    /// form. The portal checks nothing at run time: a number that is filled from a text field is
    /// received as that text.
    fn decode(input: InputValue<'_>) -> Result<Self, ValueError>;

    /// Encodes the value for a reply. `Value::Null` leaves the return value unchanged.
    fn encode(&self, culture: &Culture) -> Value;
}

/// The facts about a type that the checks of a definition need.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Details {
    /// The minimum and the maximum of the type, for whole numbers.
    pub(crate) range: (i64, i64),
    /// Whether 0 is a value of the type.
    pub(crate) zero: bool,
    /// Whether "no value" is a value of the type.
    pub(crate) optional: bool,
    /// Why no property can have this type, although its parts can be properties.
    pub(crate) fault: Option<&'static str>,
}

impl Details {
    /// The facts about most types.
    pub(crate) const PLAIN: Self = Self {
        range: (i64::MIN, i64::MAX),
        zero: true,
        optional: false,
        fault: None,
    };

    pub(crate) const fn range(mut self, min: i64, max: i64) -> Self {
        self.range = (min, max);
        self
    }

    pub(crate) const fn without_zero(mut self) -> Self {
        self.zero = false;
        self
    }

    pub(crate) const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(crate) const fn fault(mut self, fault: &'static str) -> Self {
        self.fault = Some(fault);
        self
    }
}
