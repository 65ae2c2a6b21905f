//! `int` and `double`.

use std::num::NonZero;

use super::{Culture, Details, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// The digits of a number that a person or a currency format has written: without the spaces between
/// groups, and with `.` for `,`.
pub(super) fn without_grouping(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == ',' { '.' } else { c })
        .collect()
}

/// Parses `1500`, `-7`, `1 500`, and `1500.00`, which comes from a money field.
fn parse_whole(text: &str) -> Option<i128> {
    let plain = without_grouping(text);
    let digits = match plain.split_once('.') {
        Some((digits, fraction)) => fraction
            .bytes()
            .all(|byte| byte == b'0')
            .then_some(digits)?,
        None => &plain,
    };
    digits.parse().ok()
}

macro_rules! whole_numbers {
    ($($number:ident)*) => {$(
        impl Property for $number {
            const TYPE: PropertyType = PropertyType::Int;
            #[allow(clippy::cast_lossless, reason = "`From` does not run in constants")]
            const DETAILS: Details = Details::PLAIN.range(Self::MIN as i64, Self::MAX as i64);

            fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
                let text = input.text()?;
                parse_whole(text)
                    .and_then(|number| Self::try_from(number).ok())
                    .ok_or_else(|| {
                        let range = format!("a whole number from {} to {}", Self::MIN, Self::MAX);
                        ValueError::expected(range, text)
                    })
            }

            fn encode(&self, _: &Culture) -> Value {
                Value::from(*self)
            }
        }

        impl Property for NonZero<$number> {
            const TYPE: PropertyType = PropertyType::Int;
            #[allow(clippy::cast_lossless, reason = "`From` does not run in constants")]
            const DETAILS: Details =
                Details::PLAIN.range(Self::MIN.get() as i64, Self::MAX.get() as i64).without_zero();

            fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
                let number = $number::decode(input)?;
                Self::new(number).ok_or_else(|| ValueError::expected("a number other than 0", "0"))
            }

            fn encode(&self, culture: &Culture) -> Value {
                self.get().encode(culture)
            }
        }
    )*};
}

whole_numbers!(i8 i16 i32 i64 u8 u16 u32);

macro_rules! numbers {
    ($($number:ident: $encode:expr;)*) => {$(
        impl Property for $number {
            const TYPE: PropertyType = PropertyType::Double;

            fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
                let text = input.text()?;
                without_grouping(text)
                    .parse::<Self>()
                    .ok()
                    .filter(|number| number.is_finite())
                    .ok_or_else(|| ValueError::expected("a number", text))
            }

            /// `NaN` and infinities leave the return value unchanged.
            fn encode(&self, _: &Culture) -> Value {
                $encode(*self)
            }
        }
    )*};
}

numbers! {
    // By way of the shortest text, because `1.1_f32` as `f64` is `1.100000023841858`.
    f32: |number: f32| number.to_string().parse::<f64>().map_or(Value::Null, Value::from);
    f64: Value::from;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_floats_go_out_as_they_were_meant() {
        let culture = Culture::default();
        assert_eq!(1.1_f32.encode(&culture).to_string(), "1.1");
        assert_eq!(0_f32.encode(&culture).to_string(), "0.0");
        assert!(f32::NAN.encode(&culture).is_null() && f64::INFINITY.encode(&culture).is_null());
    }

    #[test]
    fn whole_numbers_come_in_many_forms() {
        for (text, number) in [
            ("15", Some(15)),
            (" 15 ", Some(15)),
            ("-7", Some(-7)),
            ("1 500", Some(1500)),
            ("1\u{a0}500", Some(1500)),
            ("1\u{202f}500,00", Some(1500)),
            ("1500.00", Some(1500)),
            ("1500.", Some(1500)),
            ("1.5", None),
            ("", None),
            ("abc", None),
            ("1-2", None),
        ] {
            assert_eq!(parse_whole(text), number, "{text:?}");
        }
    }
}
