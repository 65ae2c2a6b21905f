//! What the derive cannot see because it stands in another type: evaluated while the program is
//! compiled, where a panic is a compile error.
#![allow(
    clippy::panic,
    reason = "a panic in a constant is how a compile error is made"
)]
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::{DefaultValue, Definition, PropertySpec, PropertyType, Wait};

impl Definition {
    /// The definition, or a compile error where it is a constant: an id that is both a property
    /// and a return value, return values nobody waits for, an incomplete document type.
    ///
    /// # Panics
    ///
    /// When called at run time with such a definition.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        let mut input = 0;
        while input < self.properties.len() {
            let mut output = 0;
            while output < self.returns.len() {
                check_two_ids(self.properties[input].id, self.returns[output].id);
                output += 1;
            }
            input += 1;
        }
        assert!(
            self.returns.is_empty() || !matches!(self.wait, Some(Wait::No)),
            "return values with `wait = \"N\"` can never arrive; remove one of the two"
        );
        if let Some(document_type) = &self.document_type
            && document_type.has_empty_part()
        {
            panic!("a document type has three texts, and one is empty");
        }
        self
    }
}

#[track_caller]
const fn check_two_ids(input: &str, output: &str) {
    if input.eq_ignore_ascii_case(output) {
        Message::new("`")
            .text(input)
            .text("` is the id of a property and `")
            .text(output)
            .text("` of a return value: the portal keeps both in one place, and the reply would ")
            .text("overwrite the input; rename one of them")
            .panic();
    }
}

impl PropertySpec {
    /// The property, or a compile error where it is a constant: a default that its type does not
    /// have, a list where one value goes, a `select` without options.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        if matches!(self.property_type, PropertyType::Select) && self.options.is_empty() {
            self.fault("` is a `select` without options; make its type an enum with `Select`");
        }
        match self.default {
            DefaultValue::None => {}
            DefaultValue::One(value) => {
                if self.multiple {
                    self.fault("` holds a list, so its default is one: `default = [\"...\"]`");
                }
                self.check_default(value);
            }
            DefaultValue::List(values) => {
                if !self.multiple {
                    self.fault("` holds one value, so its default is no list: `default = \"...\"`");
                }
                let mut index = 0;
                while index < values.len() {
                    self.check_default(values[index]);
                    index += 1;
                }
            }
        }
        self
    }

    #[track_caller]
    const fn check_default(&self, value: &str) {
        if value.is_empty() || is_expression(value.as_bytes()) {
            return;
        }
        let (fits, allowed) = match self.property_type {
            PropertyType::Bool => (matches!(value.as_bytes(), b"Y" | b"N"), "`true` or `false`"),
            PropertyType::Int => (is_number(value.as_bytes(), false), "a whole number"),
            PropertyType::Double => (is_number(value.as_bytes(), true), "a number"),
            PropertyType::Date => (is_date(value.as_bytes()), "a date such as `2025-12-31`"),
            PropertyType::Select => (self.has_option(value), "one of its options"),
            _ => (true, ""),
        };
        if !fits {
            let message = Message::new("the default `")
                .text(value)
                .text("` of `")
                .text(self.id);
            let message = message.text("` is not ").text(allowed);
            if matches!(self.property_type, PropertyType::Select) {
                message.text(": ").options(self).panic();
            }
            message
                .text(", nor an expression such as `{=Document:ID}`")
                .panic();
        }
    }

    const fn has_option(&self, key: &str) -> bool {
        let mut index = 0;
        while index < self.options.len() {
            if equal(self.options[index].key.as_bytes(), key.as_bytes()) {
                return true;
            }
            index += 1;
        }
        false
    }

    #[track_caller]
    pub(crate) const fn fault(&self, text: &str) -> ! {
        Message::new("`").text(self.id).text(text).panic()
    }
}

/// Expressions are allowed as the default of any type: `{=Document:NAME}`, `{{Name}}`, `=1+1`.
const fn is_expression(value: &[u8]) -> bool {
    let mut index = 0;
    while index + 1 < value.len() {
        if value[index] == b'{' && matches!(value[index + 1], b'=' | b'{') {
            return true;
        }
        index += 1;
    }
    matches!(value, [b'=', ..])
}

const fn is_number(value: &[u8], fraction: bool) -> bool {
    let mut index = if matches!(value, [b'-', ..]) { 1 } else { 0 };
    let (mut digits, mut points) = (0, 0);
    while index < value.len() {
        match value[index] {
            b'0'..=b'9' => digits += 1,
            b'.' if fraction => points += 1,
            _ => return false,
        }
        index += 1;
    }
    digits > 0 && points <= 1
}

const fn is_date(value: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *value else {
        return false;
    };
    let Some(year) = number(&[y1, y2, y3, y4]) else {
        return false;
    };
    let (Some(month), Some(day)) = (number(&[m1, m2]), number(&[d1, d2])) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    day >= 1 && day <= days
}

const fn number(digits: &[u8]) -> Option<u32> {
    let (mut value, mut index) = (0, 0);
    while index < digits.len() {
        if !digits[index].is_ascii_digit() {
            return None;
        }
        value = value * 10 + (digits[index] - b'0') as u32;
        index += 1;
    }
    Some(value)
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    index == a.len() && index == b.len()
}

/// A text put together in a constant, so that a compile error can name the property.
struct Message {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Message {
    const CAPACITY: usize = 512;

    const fn new(text: &str) -> Self {
        Self {
            bytes: [0; Self::CAPACITY],
            length: 0,
        }
        .text(text)
    }

    /// Appends whole texts only, so that the result stays valid UTF-8.
    const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.length + text.len() <= Self::CAPACITY {
            let mut index = 0;
            while index < text.len() {
                self.bytes[self.length + index] = text[index];
                index += 1;
            }
            self.length += text.len();
        }
        self
    }

    const fn options(self, spec: &PropertySpec) -> Self {
        let mut message = self;
        let mut index = 0;
        while index < spec.options.len() {
            message = message.text(if index == 0 { "`" } else { ", `" });
            message = message.text(spec.options[index].key).text("`");
            index += 1;
        }
        message
    }

    #[track_caller]
    const fn panic(self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("this definition cannot be registered"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_held_against_the_type() {
        assert!(is_number(b"-12", false));
        assert!(!is_number(b"1.5", false));
        assert!(is_number(b"1.5", true));
        assert!(!is_number(b"1.5.0", true));
        assert!(!is_number(b"", true) && !is_number(b"-", true) && !is_number(b".", true));
        assert!(is_date(b"2024-02-29"));
        assert!(!is_date(b"2025-02-29") && !is_date(b"2025-13-01") && !is_date(b"31.12.2025"));
        assert!(is_expression(b"{=Document:ID}") && is_expression(b"x {{Name}}"));
        assert!(is_expression(b"=1+1") && !is_expression(b"{x}"));
    }

    #[test]
    #[should_panic(expected = "the default `odt` of `format` is not one of its options: `pdf`")]
    fn a_message_names_the_property_and_what_is_allowed() {
        const OPTIONS: &[super::super::SelectOption] =
            &[super::super::SelectOption::new("pdf", "PDF")];
        let spec = PropertySpec::new("format", PropertyType::Select).options(OPTIONS);
        let _ = spec.default("odt").checked();
    }
}
