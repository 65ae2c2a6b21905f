//! `date` and `datetime` as jiff's types.
//!
//! The portal sends them as text in its own format and time zone, which the text does not name.
//! Sometimes the zone's offset follows in brackets: `31.12.2025 10:20:30 [10800]`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// Formats with the year first, or with a separator that only one order uses.
const UNAMBIGUOUS_DATES: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"];
/// Pairs of formats, day first and month first. A text is unambiguous if only one of them gives a
/// date, or both give the same.
const AMBIGUOUS_DATES: &[(&str, &str)] = &[("%d/%m/%Y", "%m/%d/%Y"), ("%d-%m-%Y", "%m-%d-%Y")];
/// Formats of times.
const TIMES: &[&str] = &["%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];

/// A date and time as the portal sends it, with the offset if the text has one.
#[derive(Debug, PartialEq)]
struct Written {
    civil: DateTime,
    offset: Option<Offset>,
}

impl Written {
    fn parse(text: &str, culture: &Culture) -> Result<Self, ValueError> {
        let fault = |expected: &'static str| ValueError::expected(expected, text);
        let expected = "a date such as `31.12.2025` or `2025-12-31`, with or without a time";
        let (plain, bracket) = without_bracket(text.trim());
        if let Ok(pieces) = Pieces::parse(plain)
            && let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset())
        {
            return Ok(Self {
                civil: pieces.date().to_datetime(time),
                offset: Some(offset),
            });
        }
        let (day, time) = plain.split_once([' ', 'T']).unwrap_or((plain, ""));
        let date = match parse_date(day, culture) {
            ParsedDate::One(date) => date,
            ParsedDate::None => return Err(fault(expected)),
            ParsedDate::Ambiguous => {
                return Err(fault(
                    "a date that can be read in one way only; set the portal's date format with \
                     `Culture::with_date_format`",
                ));
            }
        };
        let time_of_day = match time {
            "" => Time::midnight(),
            _ => parse_time(time).ok_or_else(|| fault(expected))?,
        };
        Ok(Self {
            civil: date.to_datetime(time_of_day),
            offset: bracket,
        })
    }

    fn timestamp(&self, culture: &Culture) -> Option<Timestamp> {
        let zone = match (self.offset, &culture.time_zone) {
            (Some(offset), _) => TimeZone::fixed(offset),
            (None, Some(zone)) => zone.clone(),
            (None, None) => return None,
        };
        self.civil
            .to_zoned(zone)
            .ok()
            .map(|zoned| zoned.timestamp())
    }
}

/// Splits `31.12.2025 10:20:30 [10800]` into the text and the offset, which is in seconds.
fn without_bracket(text: &str) -> (&str, Option<Offset>) {
    text.strip_suffix(']')
        .and_then(|inner| inner.rsplit_once(" ["))
        .and_then(|(plain, seconds)| {
            let offset = Offset::from_seconds(seconds.parse().ok()?).ok()?;
            Some((plain, Some(offset)))
        })
        .unwrap_or((text, None))
}

enum ParsedDate {
    None,
    One(Date),
    Ambiguous,
}

fn parse_date(text: &str, culture: &Culture) -> ParsedDate {
    let read = |format: &str| {
        strtime::parse(format, text)
            .and_then(|time| time.to_date())
            .ok()
    };
    let own_format = culture.date_format.as_ref().map(|format| {
        format
            .replace("YYYY", "%Y")
            .replace("MM", "%m")
            .replace("DD", "%d")
    });
    let unambiguous = own_format
        .as_deref()
        .into_iter()
        .chain(UNAMBIGUOUS_DATES.iter().copied())
        .find_map(read);
    if let Some(date) = unambiguous {
        return ParsedDate::One(date);
    }
    for (day_first, month_first) in AMBIGUOUS_DATES {
        match (read(day_first), read(month_first)) {
            (Some(one), Some(other)) if one != other => return ParsedDate::Ambiguous,
            (Some(date), _) | (None, Some(date)) => return ParsedDate::One(date),
            (None, None) => {}
        }
    }
    ParsedDate::None
}

fn parse_time(text: &str) -> Option<Time> {
    TIMES.iter().find_map(|format| {
        strtime::parse(format, text.trim())
            .and_then(|time| time.to_time())
            .ok()
    })
}

impl Property for Date {
    const TYPE: PropertyType = PropertyType::Date;

    /// A time after the date is ignored, as on the portal.
    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        Written::parse(input.text()?, input.culture()).map(|written| written.civil.date())
    }

    /// `2025-12-31` is the same day in every format and time zone.
    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.to_string())
    }
}

impl Property for DateTime {
    const TYPE: PropertyType = PropertyType::DateTime;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        Written::parse(input.text()?, input.culture()).map(|written| written.civil)
    }

    /// Epoch seconds if the portal's time zone is known. Otherwise the civil time without a zone, which
    /// the portal reads in the time zone of the user whose token the reply carries.
    fn encode(&self, culture: &Culture) -> Value {
        let written = Written {
            civil: *self,
            offset: None,
        };
        written
            .timestamp(culture)
            .map_or_else(|| civil_text(*self), |timestamp| timestamp.encode(culture))
    }
}

impl Property for Timestamp {
    const TYPE: PropertyType = PropertyType::DateTime;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let text = input.text()?;
        let written = Written::parse(text, input.culture())?;
        written.timestamp(input.culture()).ok_or_else(|| {
            let expected = "a time with its offset, or a portal whose zone is known (set it with \
                            `Culture::with_time_zone`)";
            ValueError::expected(expected, text)
        })
    }

    /// Epoch seconds as text: the only form that the portal reads without applying a time zone. It
    /// requires digits, and reads `0` as no value; therefore times up to 1970 are sent as civil time.
    fn encode(&self, culture: &Culture) -> Value {
        let seconds = self.as_second();
        if seconds > 0 {
            return Value::from(seconds.to_string());
        }
        let zone = culture.time_zone.clone().unwrap_or(TimeZone::UTC);
        civil_text(self.to_zoned(zone).datetime())
    }
}

/// A time without a zone, which the portal reads in the time zone of the token's user.
fn civil_text(time: DateTime) -> Value {
    Value::from(time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, datetime};

    fn read(text: &str, culture: &Culture) -> Option<DateTime> {
        Written::parse(text, culture)
            .ok()
            .map(|written| written.civil)
    }

    #[test]
    fn unambiguous_forms_need_no_culture() {
        let day = datetime(2025, 12, 31, 0, 0, 0, 0);
        let moment = datetime(2025, 12, 31, 10, 20, 30, 0);
        for (text, expected) in [
            ("31.12.2025", day),
            ("2025-12-31", day),
            ("2025/12/31", day),
            ("12/31/2025", day),
            ("31/12/2025", day),
            ("31.12.2025 10:20:30", moment),
            (" 31.12.2025 10:20:30 ", moment),
            ("12/31/2025 10:20:30 am", moment),
            ("2025-12-31T10:20:30", moment),
            ("2025-12-31 10:20:30", moment),
            ("2025-12-31T10:20:30+03:00", moment),
            ("2025-12-31T10:20:30Z", moment),
            ("2025-12-31T10:20:30+0300", moment),
            ("2025-12-31 10:20:30+03", moment),
            (
                "2025-12-31T10:20+03:00",
                datetime(2025, 12, 31, 10, 20, 0, 0),
            ),
            (
                "2025-12-31T01:20:30+0300",
                datetime(2025, 12, 31, 1, 20, 30, 0),
            ),
            ("31.12.2025 10:20:30 [10800]", moment),
            ("31.12.2025 10:20", datetime(2025, 12, 31, 10, 20, 0, 0)),
            ("12/31/2025 9:05:00 pm", datetime(2025, 12, 31, 21, 5, 0, 0)),
        ] {
            assert_eq!(read(text, &Culture::default()), Some(expected), "{text}");
        }
    }

    #[test]
    fn ambiguous_dates_need_the_format() {
        let unknown = Culture::default();
        assert!(
            Written::parse("05/12/2025", &unknown)
                .unwrap_err()
                .to_string()
                .contains("one way")
        );
        assert_eq!(
            read("05/05/2025", &unknown),
            Some(date(2025, 5, 5).at(0, 0, 0, 0))
        );
        let american = Culture::default().with_date_format("MM/DD/YYYY HH:MI:SS");
        assert_eq!(
            read("05/12/2025", &american),
            Some(date(2025, 5, 12).at(0, 0, 0, 0))
        );
        let british = Culture::default().with_date_format("DD/MM/YYYY");
        assert_eq!(
            read("05/12/2025", &british),
            Some(date(2025, 12, 5).at(0, 0, 0, 0))
        );
        assert_eq!(
            read("2025-12-05", &british),
            Some(date(2025, 12, 5).at(0, 0, 0, 0))
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "tomorrow",
            "31.13.2025",
            "2025-12-31 25:00",
            "31.12.2025 10:20:30 [x]",
        ] {
            assert_eq!(read(text, &Culture::default()), None, "{text}");
        }
    }

    #[test]
    fn a_timestamp_needs_a_zone_from_somewhere() {
        let instant = |text, culture: &Culture| {
            Written::parse(text, culture)
                .unwrap()
                .timestamp(culture)
                .map(Timestamp::as_second)
        };
        let unknown = Culture::default();
        let moscow = Culture::default().with_time_zone(TimeZone::fixed(Offset::constant(3)));
        assert_eq!(instant("31.12.2025 10:20:30", &unknown), None);
        assert_eq!(instant("31.12.2025 10:20:30", &moscow), Some(1_767_165_630));
        assert_eq!(
            instant("31.12.2025 10:20:30 [10800]", &unknown),
            Some(1_767_165_630)
        );
        assert_eq!(
            instant("2025-12-31T10:20:30+03:00", &unknown),
            Some(1_767_165_630)
        );
        assert_eq!(
            instant("2025-12-31T07:20:30Z", &moscow),
            Some(1_767_165_630)
        );
    }

    #[test]
    fn replies_carry_epoch_seconds_when_the_zone_is_known() {
        let moment = datetime(2025, 12, 31, 10, 20, 30, 0);
        let moscow = Culture::default().with_time_zone(TimeZone::fixed(Offset::constant(3)));
        assert_eq!(moment.encode(&moscow), "1767165630");
        assert_eq!(moment.encode(&Culture::default()), "2025-12-31T10:20:30");
        assert_eq!(date(2025, 12, 31).encode(&moscow), "2025-12-31");
        let epoch = Timestamp::UNIX_EPOCH;
        assert_eq!(epoch.encode(&moscow), "1970-01-01T03:00:00");
        assert_eq!(epoch.encode(&Culture::default()), "1970-01-01T00:00:00");
    }
}
