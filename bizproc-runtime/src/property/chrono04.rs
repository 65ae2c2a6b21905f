//! `date` and `datetime` as the types of chrono 0.4, which are converted to and from jiff's types.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use jiff::Timestamp;
use jiff::civil;

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// The error for a date that chrono does not have. Both libraries have every day that a portal can
/// send.
fn out_of_range(input: InputValue<'_>) -> ValueError {
    ValueError::expected(
        "a date of the years -9999 to 9999",
        input.text().unwrap_or_default(),
    )
}

fn from_civil(date: civil::Date) -> Option<NaiveDate> {
    let month = u32::try_from(date.month()).ok()?;
    let day = u32::try_from(date.day()).ok()?;
    NaiveDate::from_ymd_opt(i32::from(date.year()), month, day)
}

fn to_civil(date: NaiveDate) -> Option<civil::Date> {
    let year = i16::try_from(date.year()).ok()?;
    let month = i8::try_from(date.month()).ok()?;
    let day = i8::try_from(date.day()).ok()?;
    civil::Date::new(year, month, day).ok()
}

fn to_civil_time(time: NaiveTime) -> Option<civil::Time> {
    let hour = i8::try_from(time.hour()).ok()?;
    let minute = i8::try_from(time.minute()).ok()?;
    let second = i8::try_from(time.second()).ok()?;
    civil::Time::new(hour, minute, second, 0).ok()
}

impl Property for NaiveDate {
    const TYPE: PropertyType = PropertyType::Date;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        from_civil(civil::Date::decode(input)?).ok_or_else(|| out_of_range(input))
    }

    fn encode(&self, culture: &Culture) -> Value {
        to_civil(*self).map_or(Value::Null, |date| date.encode(culture))
    }
}

impl Property for NaiveDateTime {
    const TYPE: PropertyType = PropertyType::DateTime;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let moment = civil::DateTime::decode(input)?;
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        let hour = part(moment.hour());
        let minute = part(moment.minute());
        let second = part(moment.second());
        from_civil(moment.date())
            .and_then(|date| date.and_hms_opt(hour, minute, second))
            .ok_or_else(|| out_of_range(input))
    }

    fn encode(&self, culture: &Culture) -> Value {
        to_civil(self.date())
            .zip(to_civil_time(self.time()))
            .map_or(Value::Null, |(date, time)| {
                date.to_datetime(time).encode(culture)
            })
    }
}

impl Property for DateTime<Utc> {
    const TYPE: PropertyType = PropertyType::DateTime;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let seconds = Timestamp::decode(input)?.as_second();
        Self::from_timestamp(seconds, 0).ok_or_else(|| out_of_range(input))
    }

    fn encode(&self, culture: &Culture) -> Value {
        Timestamp::from_second(self.timestamp())
            .map_or(Value::Null, |moment| moment.encode(culture))
    }
}
