//! Rust types as property types: [`Property`] says what a type is on the portal, how its values
//! arrive and how they go back.
//!
//! | Rust | property type | arrives as | goes out as |
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
//! | [`Value`] | `string` | as it comes | as it is |
//! | `Option<T>` | as `T`, not required | `""` or nothing is `None` | nothing when `None` |
//! | `Vec<T>` | as `T`, multiple | list; one value is a list of one | list |
//!
//! A `String` or a [`Value`] with `#[property(type = "UF:money")]` is a property of that type. A
//! struct around one value [derives `Property`](derive@crate::Property) and is what its value is;
//! any other type of your own implements [`Property`]. chrono's types and `Decimal` need the
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
mod list;
mod number;
mod optional;
mod raw;
mod received;
mod select;
mod text;
mod user;

pub use culture::Culture;
pub use error::{DecodeError, PropertyError, ValueError};
pub use failure::{FailureEncoder, FromErrorText, IntoFailureValue, MAX_FAILURE_TEXT_CHARS};
pub use field::{Decoder, Encoder, Field, InputProperties};
pub use file::FileRef;
pub use received::InputValue;
pub use select::{Select, decode_select, encode_select};
pub use text::Text;
pub use user::UserRef;

/// A value on its way to the portal.
pub use serde_json::Value;

use crate::definition::{PropertyType, SelectOption};

/// A Rust type that can be a property of a robot or a return value.
///
/// ```
/// use bizproc_runtime::definition::PropertyType;
/// use bizproc_runtime::property::{Culture, Property, InputValue, Value, ValueError};
///
/// /// A colour such as `#1e90ff`, typed by the author as text.
/// #[derive(Debug, PartialEq)]
/// struct Colour(u32);
///
/// impl Property for Colour {
///     const TYPE: PropertyType = PropertyType::String;
///
///     fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
///         let text = received.text()?;
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
    /// The property's type on the portal.
    const TYPE: PropertyType;
    /// Whether the settings form insists on a value.
    const REQUIRED: bool = true;
    /// Whether the property holds a list.
    const MULTIPLE: bool = false;
    /// The options, for a `select`.
    const OPTIONS: &'static [SelectOption] = &[];
    /// What the checks of a definition need to know beside.
    #[doc(hidden)]
    const DETAILS: Details = Details::PLAIN;

    /// Reads what a call carries.
    ///
    /// # Errors
    ///
    /// [`ValueError::missing`] when nothing was set, [`ValueError::expected`] when the value is of
    /// another form. The portal checks nothing at run time: a number filled from a text field
    /// arrives as that text.
    fn decode(received: InputValue<'_>) -> Result<Self, ValueError>;

    /// Writes the value as a reply carries it. `Value::Null` leaves the return value as it was.
    fn encode(&self, culture: &Culture) -> Value;
}

/// What the checks of a definition need to know of a type.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Details {
    /// The least and the greatest whole number that the type holds.
    pub(crate) range: (i64, i64),
    /// Whether it holds 0.
    pub(crate) zero: bool,
    /// Whether nothing is one of its values.
    pub(crate) optional: bool,
    /// Why no property can have this type although its parts could.
    pub(crate) fault: Option<&'static str>,
}

impl Details {
    /// A type like most.
    pub(crate) const PLAIN: Self = Self {
        range: (i64::MIN, i64::MAX),
        zero: true,
        optional: false,
        fault: None,
    };

    pub(crate) const fn range(mut self, least: i64, greatest: i64) -> Self {
        self.range = (least, greatest);
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
