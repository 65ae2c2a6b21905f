use std::num::NonZero;

use super::{Culture, Details, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// Digits as people and currencies write them: spaces between groups go, `,` is a point.
pub(super) fn plain(text: &str) -> String {
    let characters = text.chars().filter(|c| !c.is_whitespace());
    characters.map(|c| if c == ',' { '.' } else { c }).collect()
}

/// `1500`, `-7`, `1 500`, and `1500.00`, which a money field gives.
fn whole(text: &str) -> Option<i128> {
    let plain = plain(text);
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

            fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
                let text = received.text()?;
                let number = whole(text).and_then(|number| Self::try_from(number).ok());
                number.ok_or_else(|| {
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

            fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
                let number = $number::decode(received)?;
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

            fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
                let text = received.text()?;
                let number = plain(text).parse::<Self>().ok().filter(|number| number.is_finite());
                number.ok_or_else(|| ValueError::expected("a number", text))
            }

            /// A number that is no number (`NaN`, infinite) leaves the return value as it was.
            fn encode(&self, _: &Culture) -> Value {
                $encode(*self)
            }
        }
    )*};
}

numbers! {
    // `1.1_f32` widened is `1.100000023841858`; its shortest text is what was meant.
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
            assert_eq!(whole(text), number, "{text:?}");
        }
    }
}
