//! Dates in the portal's own format, and in what applications send.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::rules::error::Error;
use crate::rules::settings::{Culture, Settings};

/// A date as a reply or a stored value spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parsed {
    Day(Date),
    Moment(DateTime),
}

/// Converts a date as the form stores it, `31.12.2025 10:20:30 [14400]`, to what the handler gets.
///
/// A moment is shown in the zone of the user whose request runs the workflow, a day stays in its
/// own zone. Other text passes unchanged.
pub(crate) fn outgoing(text: &str, with_time: bool, settings: &Settings) -> String {
    let Some((local, Some(offset))) = split_offset(text) else {
        return text.to_owned();
    };
    match culture(local, settings.culture()) {
        Some(Parsed::Moment(moment)) if with_time => Offset::from_seconds(offset)
            .and_then(|offset| offset.to_timestamp(moment))
            .map_or_else(
                |_| text.to_owned(),
                |at| write(user_zone(settings).to_datetime(at), settings.culture()),
            ),
        Some(_) if with_time => local.to_owned(),
        Some(Parsed::Moment(moment)) => write_day(moment.date(), settings.culture()),
        Some(Parsed::Day(day)) => write_day(day, settings.culture()),
        None => text.to_owned(),
    }
}

/// Converts a moment sent in a reply to RFC 3339 in the server's zone; other text stays unchanged.
///
/// The portal reads all text except Unix seconds as the *token user's* local time, whatever zone
/// the text names.
pub(crate) fn incoming_moment(text: &str, settings: &Settings) -> String {
    let moment = match parse(text, settings) {
        Some(Incoming::Absolute(at)) => Some(at),
        Some(Incoming::Local(local)) => user_zone(settings).to_timestamp(midnight(local)).ok(),
        None => None,
    };
    moment.map_or_else(|| text.to_owned(), |at| rfc3339(at, server_zone(settings)))
}

/// Converts a day sent in a reply to `2025-12-31`; other text stays unchanged.
pub(crate) fn incoming_day(text: &str, settings: &Settings) -> String {
    let day = match parse(text, settings) {
        Some(Incoming::Absolute(at)) => Some(server_zone(settings).to_datetime(at).date()),
        Some(Incoming::Local(local)) => Some(midnight(local).date()),
        None => iso_day(text),
    };
    day.map_or_else(|| text.to_owned(), |day| day.to_string())
}

/// Converts a moment of [`incoming_moment`] to the portal's culture and the user's zone; other text
/// stays unchanged.
pub(crate) fn shown_moment(text: &str, settings: &Settings) -> String {
    text.parse::<Timestamp>().map_or_else(
        |_| text.to_owned(),
        |at| write(user_zone(settings).to_datetime(at), settings.culture()),
    )
}

/// Converts a day of [`incoming_day`] to the portal's culture; other text stays unchanged.
pub(crate) fn shown_day(text: &str, settings: &Settings) -> String {
    iso_day(text).map_or_else(|| text.to_owned(), |day| write_day(day, settings.culture()))
}

/// Converts a stored or typed moment to ATOM in the server's zone; other text stays unchanged.
///
/// A moment that names its zone keeps it; any other is the user's local time.
pub(crate) fn atom_moment(text: &str, settings: &Settings) -> String {
    let at = zoned(text, settings).or_else(|| match parse(text, settings)? {
        Incoming::Absolute(at) => Some(at),
        Incoming::Local(local) => user_zone(settings).to_timestamp(midnight(local)).ok(),
    });
    at.map_or_else(|| text.to_owned(), |at| rfc3339(at, server_zone(settings)))
}

/// Converts a stored or typed day to ATOM: its midnight in the server's zone. Other text stays
/// unchanged.
pub(crate) fn atom_day(text: &str, settings: &Settings) -> String {
    let zone = server_zone(settings);
    let day = day_of_iso(text, settings);
    let midnight = iso_day(&incoming_day(&day, settings))
        .and_then(|day| zone.to_timestamp(day.to_datetime(Time::midnight())).ok());
    midnight.map_or_else(|| text.to_owned(), |at| rfc3339(at, zone))
}

/// Converts a moment in ISO 8601 that names its zone to Unix seconds, which no zone changes; other
/// text stays unchanged.
pub(crate) fn moment_of_iso(text: &str) -> String {
    let at = text.parse::<Timestamp>();
    at.map_or_else(|_| text.to_owned(), |at| at.as_second().to_string())
}

/// Converts a moment in ISO 8601 that names its zone to its day in the server's zone; other text
/// stays unchanged.
pub(crate) fn day_of_iso(text: &str, settings: &Settings) -> String {
    text.parse::<Timestamp>().map_or_else(
        |_| text.to_owned(),
        |at| server_zone(settings).to_datetime(at).date().to_string(),
    )
}

/// Returns a time of day sent in a reply, or nothing if the text is neither a time nor an
/// expression.
pub(crate) fn incoming_time(text: &str, culture: Culture) -> Option<String> {
    let is_expression = text.contains("{=") || text.contains("{{") || text.starts_with('=');
    (is_expression
        || time(text, Culture::DayMonthYear)
            .or_else(|| time(text, culture))
            .is_some())
    .then(|| text.to_owned())
}

/// A moment as ISO 8601 with an offset.
pub(crate) fn rfc3339(at: Timestamp, zone: Offset) -> String {
    let local = zone
        .to_datetime(at)
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string();
    let minutes = zone.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!(
        "{local}{sign}{:02}:{:02}",
        minutes.abs() / 60,
        minutes.abs() % 60
    )
}

/// The server's zone.
pub(crate) fn server_zone(settings: &Settings) -> Offset {
    // A portal with another zone does not start.
    zone(settings.server_offset.into()).unwrap_or(Offset::UTC)
}

fn user_zone(settings: &Settings) -> Offset {
    zone(user_seconds(settings)).unwrap_or(Offset::UTC)
}

/// Refuses zones that dates cannot have.
pub(crate) fn check_zones(settings: &Settings) -> Result<(), Error> {
    zone(settings.server_offset.into())?;
    zone(user_seconds(settings))?;
    Ok(())
}

fn user_seconds(settings: &Settings) -> i64 {
    i64::from(settings.server_offset) + i64::from(settings.user_offset)
}

fn zone(seconds: i64) -> Result<Offset, Error> {
    let zone = i32::try_from(seconds).ok();
    zone.and_then(|seconds| Offset::from_seconds(seconds).ok())
        .ok_or(Error::Zone { seconds })
}

enum Incoming {
    Absolute(Timestamp),
    Local(Parsed),
}

fn parse(text: &str, settings: &Settings) -> Option<Incoming> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text
            .parse()
            .ok()
            .and_then(|second| Timestamp::from_second(second).ok())
            .map(Incoming::Absolute);
    }
    let local = split_offset(text).map_or(text, |(local, _)| local);
    culture(local, settings.culture())
        .or_else(|| iso_moment(local).map(Parsed::Moment))
        .map(Incoming::Local)
}

/// A moment that names its zone: in ISO 8601, or as forms store it.
fn zoned(text: &str, settings: &Settings) -> Option<Timestamp> {
    if let Some((local, Some(offset))) = split_offset(text) {
        let local = midnight(culture(local, settings.culture())?);
        return Offset::from_seconds(offset)
            .and_then(|offset| offset.to_timestamp(local))
            .ok();
    }
    text.parse().ok()
}

fn midnight(parsed: Parsed) -> DateTime {
    match parsed {
        Parsed::Day(day) => day.to_datetime(Time::midnight()),
        Parsed::Moment(moment) => moment,
    }
}

/// Splits ` [14400]` off the end.
fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    let (local, offset) = text.strip_suffix(']')?.rsplit_once(" [")?;
    Some((local, offset.parse().ok()))
}

fn culture(text: &str, culture: Culture) -> Option<Parsed> {
    let (day, clock) = text
        .split_once(' ')
        .map_or((text, None), |(day, clock)| (day, Some(clock)));
    let separator = match culture {
        Culture::DayMonthYear => '.',
        Culture::MonthDayYear => '/',
    };
    let mut parts = day.split(separator).map(number);
    let first = parts.next()??;
    let second = parts.next()??;
    let year = parts.next()??;
    if parts.next().is_some() {
        return None;
    }
    let (day, month) = match culture {
        Culture::DayMonthYear => (first, second),
        Culture::MonthDayYear => (second, first),
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    match clock {
        None => Some(Parsed::Day(date)),
        Some(clock) => time(clock, culture).map(|clock| Parsed::Moment(date.to_datetime(clock))),
    }
}

/// Reads `10:20` or `10:20:30`; in the American culture followed by `am` or `pm`.
fn time(text: &str, culture: Culture) -> Option<Time> {
    let (clock, half) = match culture {
        Culture::DayMonthYear => (text, None),
        Culture::MonthDayYear => {
            let (clock, half) = text.split_once(' ')?;
            (clock, Some(half.to_ascii_lowercase()))
        }
    };
    let mut parts = clock.split(':').map(number);
    let hour = parts.next()??;
    let minute = parts.next()??;
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    let hour = match half.as_deref() {
        None => hour,
        Some("am") if (1..=12).contains(&hour) => hour % 12,
        Some("pm") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some(_) => return None,
    };
    Time::new(
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        0,
    )
    .ok()
}

/// Reads `2025-12-31T10:20:30`, and ignores a fraction and a zone.
fn iso_moment(text: &str) -> Option<DateTime> {
    let (day, clock) = text.split_once('T')?;
    let (clock, rest) = clock.split_at_checked("10:20:30".len())?;
    let zone = rest.strip_prefix('.').map_or(rest, |rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    let is_zone = matches!(zone, "" | "Z")
        || zone.strip_prefix(['+', '-']).is_some_and(|zone| {
            let digits = zone.replace(':', "");
            digits.len() == 4 && number(&digits).is_some()
        });
    if !is_zone {
        return None;
    }
    Some(iso_day(day)?.to_datetime(time(clock, Culture::DayMonthYear)?))
}

fn iso_day(text: &str) -> Option<Date> {
    let mut parts = text.split('-').map(number);
    let year = parts.next()??;
    let month = parts.next()??;
    let day = parts.next()??;
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn number(text: &str) -> Option<i16> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn write(moment: DateTime, culture: Culture) -> String {
    let format = match culture {
        Culture::DayMonthYear => "%d.%m.%Y %H:%M:%S",
        Culture::MonthDayYear => "%m/%d/%Y %-I:%M:%S %P",
    };
    moment.strftime(format).to_string()
}

fn write_day(day: Date, culture: Culture) -> String {
    let format = match culture {
        Culture::DayMonthYear => "%d.%m.%Y",
        Culture::MonthDayYear => "%m/%d/%Y",
    };
    day.strftime(format).to_string()
}

/// Converts a date or a moment that an author typed to what a form stores: the site's format,
/// followed by the zone.
///
/// A moment without a time of day is midnight; a day with one is that day. `None` if the text is
/// not a date.
pub(crate) fn stored(text: &str, with_time: bool, settings: &Settings) -> Option<String> {
    let (local, offset) = split_offset(text).unwrap_or((text, None));
    let parsed = culture(local.trim(), settings.culture())?;
    let seconds = offset.map_or_else(|| user_seconds(settings), i64::from);
    let local = match parsed {
        _ if with_time => write(midnight(parsed), settings.culture()),
        Parsed::Day(day) => write_day(day, settings.culture()),
        Parsed::Moment(moment) => write_day(moment.date(), settings.culture()),
    };
    Some(format!("{local} [{seconds}]"))
}

/// Converts a time of day to what a form stores: `10:30 [10800]`.
pub(crate) fn stored_time(text: &str, settings: &Settings) -> Option<String> {
    let (local, offset) = split_offset(text).unwrap_or((text, None));
    let clock = local.trim();
    let read = time(clock, Culture::DayMonthYear).or_else(|| time(clock, settings.culture()))?;
    let seconds = offset.map_or_else(|| user_seconds(settings), i64::from);
    Some(format!("{} [{seconds}]", read.strftime("%H:%M")))
}

/// A stored date as a form shows it: without its zone if that is the user's.
pub(crate) fn shown(text: &str, settings: &Settings) -> String {
    match split_offset(text) {
        Some((local, Some(offset))) if i64::from(offset) == user_seconds(settings) => {
            local.to_owned()
        }
        _ => text.to_owned(),
    }
}
