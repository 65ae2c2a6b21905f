//! PHP's spelling of floats, and its reading of whole numbers.

/// A float as `(string)` and `http_build_query` write it: 14 significant digits.
pub(crate) fn display(number: f64) -> String {
    spell(number, &format!("{:.13e}", number.abs()), 14)
}

/// A float as `serialize` writes it: the shortest digits that read back the same.
pub(crate) fn exact(number: f64) -> String {
    spell(number, &format!("{:e}", number.abs()), 17)
}

fn spell(number: f64, scientific: &str, precision: i32) -> String {
    if number.is_nan() {
        return "NAN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}INF");
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    if exponent < -4 || exponent >= precision {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{exponent:+}");
    }
    format!("{sign}{}", positional(digits, exponent))
}

fn positional(digits: &str, exponent: i32) -> String {
    let Ok(exponent) = usize::try_from(exponent) else {
        let zeros = "0".repeat(usize::try_from(-1 - exponent).unwrap_or(0));
        return format!("0.{zeros}{digits}");
    };
    match digits.split_at_checked(exponent + 1) {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits}{}", "0".repeat(exponent + 1 - digits.len())),
    }
}

/// A float without its fraction; what does not fit 64 bits is cut to the nearest that does.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` cuts and saturates, which is meant"
)]
pub(crate) fn truncate(number: f64) -> i64 {
    number as i64
}

/// Reads a text that is a number as a whole, apart from surrounding white space. Words such as
/// `inf` are not numbers, and zero has no sign.
pub(crate) fn numeric(text: &str) -> Option<f64> {
    let text = text.trim_matches(WHITE_SPACE);
    let is_spelled = text.bytes().all(|byte| b"0123456789+-.eE".contains(&byte));
    let number: Option<f64> = is_spelled.then(|| text.parse().ok()).flatten();
    // The sum of both zeros is the one without a sign.
    number.map(|number| number + 0.0)
}

/// The white space of C.
pub(crate) const WHITE_SPACE: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// Reads the number at the beginning of a text, after white space, without its fraction: `1e3` is a
/// thousand.
///
/// A number that does not fit 64 bits becomes the nearest that does; one beyond every float is 0.
pub(crate) fn leading_int(text: &str) -> i64 {
    let text = text.trim_start_matches(WHITE_SPACE);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = text.len() - unsigned.len() + decimal_len(unsigned);
    let number = text.get(..length).unwrap_or_default();
    number.parse().unwrap_or_else(|_| {
        let float = number.parse::<f64>().unwrap_or_default();
        if float.is_finite() {
            truncate(float)
        } else {
            0
        }
    })
}

/// Returns the length of the digits, fraction and exponent at the beginning of a text.
fn decimal_len(text: &str) -> usize {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if whole.is_empty() && fraction.is_empty() {
        return 0;
    }
    let (exponent, after) = rest.strip_prefix(['e', 'E']).map_or(("", rest), |rest| {
        split_digits(rest.strip_prefix(['+', '-']).unwrap_or(rest))
    });
    let rest = if exponent.is_empty() { rest } else { after };
    text.len() - rest.len()
}

fn split_digits(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(digits).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::{display, exact, leading_int};

    #[test]
    fn floats_are_spelled_as_php_spells_them() {
        for (number, text) in [
            (1.0, "1"),
            (1.10, "1.1"),
            (-0.0, "-0"),
            (0.1 + 0.2, "0.3"),
            (1e15, "1.0E+15"),
            (1e25, "1.0E+25"),
            (1e-5, "1.0E-5"),
            (0.0001, "0.0001"),
            (1500.25, "1500.25"),
            (123_456_789_012_345_680.0, "1.2345678901235E+17"),
        ] {
            assert_eq!(display(number), text);
        }
        assert_eq!(exact(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(exact(1e16), "10000000000000000");
        assert_eq!(exact(1e17), "1.0E+17");
        assert_eq!(exact(1e25), "1.0E+25");
    }

    #[test]
    fn text_is_read_as_far_as_it_is_a_number() {
        for (text, number) in [
            ("12abc", 12),
            (" -7", -7),
            ("abc", 0),
            ("", 0),
            ("+3", 3),
            ("+ 3", 0),
            ("-", 0),
            ("1e3", 1000),
            ("1E+03", 1000),
            ("1e-2", 0),
            ("1e", 1),
            ("1e 3", 1),
            ("1e3.5", 1000),
            ("-1.5e3x", -1500),
            ("1.9", 1),
            ("5.", 5),
            ("5.e1", 50),
            (".5", 0),
            ("+.5e1", 5),
            (".", 0),
            ("0x1A", 0),
            ("nan", 0),
            ("inf", 0),
            ("1e400", 0),
            ("1e19", i64::MAX),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775809", i64::MIN),
        ] {
            assert_eq!(leading_int(text), number, "{text}");
        }
    }
}
