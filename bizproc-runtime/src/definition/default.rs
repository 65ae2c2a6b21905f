//! The values that a property of each type can have, and the defaults.
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::text::equal;
use super::{PropertySpec, PropertyType};

/// Checks that `value` can be a default of this property; the error says what can.
pub(super) const fn can_be_default(spec: &PropertySpec, value: &str) -> Result<(), &'static str> {
    if is_expression(value.as_bytes()) {
        return Ok(());
    }
    can_be_value(spec, value)
}

/// Checks that `value` can be a value of this property; the error says what can. An empty text
/// stands for no value, and is allowed.
pub(super) const fn can_be_value(spec: &PropertySpec, value: &str) -> Result<(), &'static str> {
    let bytes = value.as_bytes();
    if bytes.is_empty() {
        return Ok(());
    }
    let (fits, allowed) = match spec.property_type {
        PropertyType::Bool => (matches!(bytes, b"Y" | b"N"), "`true` or `false`"),
        PropertyType::Int => (is_whole(bytes, spec.range, spec.zero), "a whole number"),
        PropertyType::Double => (is_number(bytes), "a number"),
        PropertyType::Date => (is_date(bytes), "a date such as `2025-12-31`"),
        PropertyType::DateTime => (is_date_time(bytes), "a time such as `2025-12-31 10:20:30`"),
        PropertyType::File => (is_whole(bytes, (0, i64::MAX), true), "the number of a file"),
        PropertyType::Select => (has_option(spec, value), "one of its options"),
        _ => (true, ""),
    };
    if fits { Ok(()) } else { Err(allowed) }
}

/// Whether the text is an expression, which any type allows as its default: `{=Document:NAME}`,
/// `{{Name}}`, `=1+1`.
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

const fn has_option(spec: &PropertySpec, key: &str) -> bool {
    let mut index = 0;
    while index < spec.options.len() {
        if equal(spec.options[index].key, key) {
            return true;
        }
        index += 1;
    }
    false
}

const fn is_whole(value: &[u8], (min, max): (i64, i64), zero: bool) -> bool {
    let negative = matches!(value, [b'-', ..]);
    let digits = if negative { value.split_at(1).1 } else { value };
    match parse_digits(digits) {
        Some(0) => zero && min <= 0 && 0 <= max,
        Some(size) => {
            let number = if negative { -size } else { size };
            min as i128 <= number && number <= max as i128
        }
        None => false,
    }
}

const fn is_number(value: &[u8]) -> bool {
    let mut index = if matches!(value, [b'-', ..]) { 1 } else { 0 };
    let mut digits = 0;
    let mut points = 0;
    while index < value.len() {
        match value[index] {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
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
    let Some(year) = parse_digits(&[y1, y2, y3, y4]) else {
        return false;
    };
    let Some(month) = parse_digits(&[m1, m2]) else {
        return false;
    };
    let Some(day) = parse_digits(&[d1, d2]) else {
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

/// Whether the text is a date, alone or with a space or a `T` and a time; seconds are optional.
const fn is_date_time(value: &[u8]) -> bool {
    if value.len() < 10 {
        return false;
    }
    let (date, time) = value.split_at(10);
    is_date(date)
        && match *time {
            [] => true,
            [b' ' | b'T', h1, h2, b':', m1, m2] => is_time(h1, h2, m1, m2, b'0', b'0'),
            [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2] => is_time(h1, h2, m1, m2, s1, s2),
            _ => false,
        }
}

const fn is_time(h1: u8, h2: u8, m1: u8, m2: u8, s1: u8, s2: u8) -> bool {
    match (
        parse_digits(&[h1, h2]),
        parse_digits(&[m1, m2]),
        parse_digits(&[s1, s2]),
    ) {
        (Some(hour), Some(minute), Some(second)) => hour < 24 && minute < 60 && second < 60,
        _ => false,
    }
}

/// The number of up to thirty digits; a longer one fits no type.
const fn parse_digits(digits: &[u8]) -> Option<i128> {
    let mut value = 0_i128;
    let mut index = 0;
    while index < digits.len() {
        if !digits[index].is_ascii_digit() {
            return None;
        }
        if index < 30 {
            value = value * 10 + (digits[index] - b'0') as i128;
        }
        index += 1;
    }
    if digits.is_empty() || digits.len() > 30 {
        None
    } else {
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_ranges() {
        let whole = |text: &str, range| is_whole(text.as_bytes(), range, true);
        assert!(whole("-12", (-128, 127)) && whole("0", (0, 255)) && whole("255", (0, 255)));
        assert!(!whole("-1", (0, 255)) && !whole("256", (0, 255)) && !whole("0", (1, 255)));
        let all = (i64::MIN, i64::MAX);
        assert!(whole("9223372036854775807", all) && !whole("9223372036854775808", all));
        assert!(!whole("9999999999999999999", (0, 255)) && !whole(&"9".repeat(99), all));
        assert!(!is_whole(b"0", (-128, 127), false) && is_whole(b"1", (-128, 127), false));
        assert!(!whole("1.5", (0, 9)) && !whole("", (0, 9)) && !whole("-", (0, 9)));
        assert!(is_number(b"1.5") && is_number(b"-1") && is_number(b".5"));
        assert!(!is_number(b"1.5.0") && !is_number(b"") && !is_number(b"-") && !is_number(b"."));
    }

    #[test]
    fn dates_and_times() {
        assert!(is_date(b"2024-02-29") && is_date(b"2025-12-31"));
        assert!(!is_date(b"2025-02-29") && !is_date(b"2025-13-01") && !is_date(b"31.12.2025"));
        for time in ["2025-12-31", "2025-12-31 10:20", "2025-12-31T23:59:59"] {
            assert!(is_date_time(time.as_bytes()), "{time}");
        }
        for time in [
            "2025-02-30T00:00",
            "2025-12-31 24:00",
            "2025-12-31 10",
            "10:20",
            "x",
        ] {
            assert!(!is_date_time(time.as_bytes()), "{time}");
        }
    }

    #[test]
    fn expressions() {
        assert!(is_expression(b"{=Document:ID}") && is_expression(b"x {{Name}}"));
        assert!(is_expression(b"=1+1") && !is_expression(b"{x}") && !is_expression(b"a=b"));
    }
}
