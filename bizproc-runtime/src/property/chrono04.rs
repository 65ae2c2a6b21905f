//! `date` and `datetime` as the types of chrono 0.4. What they mean is jiff's types' business.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use jiff::Timestamp;
use jiff::civil;

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// Both libraries know every day that a portal can send.
fn out_of_range(received: InputValue<'_>) -> ValueError {
    ValueError::expected(
        "a date of the years -9999 to 9999",
        received.text().unwrap_or_default(),
    )
}

fn from_civil(date: civil::Date) -> Option<NaiveDate> {
    let (month, day) = (u32::try_from(date.month()), u32::try_from(date.day()));
    NaiveDate::from_ymd_opt(i32::from(date.year()), month.ok()?, day.ok()?)
}

fn to_civil(date: NaiveDate) -> Option<civil::Date> {
    let year = i16::try_from(date.year()).ok()?;
    let (month, day) = (
        i8::try_from(date.month()).ok()?,
        i8::try_from(date.day()).ok()?,
    );
    civil::Date::new(year, month, day).ok()
}

fn to_civil_time(time: NaiveTime) -> Option<civil::Time> {
    let hour = i8::try_from(time.hour()).ok()?;
    let (minute, second) = (
        i8::try_from(time.minute()).ok()?,
        i8::try_from(time.second()).ok()?,
    );
    civil::Time::new(hour, minute, second, 0).ok()
}

impl Property for NaiveDate {
    const TYPE: PropertyType = PropertyType::Date;

    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        from_civil(civil::Date::decode(received)?).ok_or_else(|| out_of_range(received))
    }

    fn encode(&self, culture: &Culture) -> Value {
        to_civil(*self).map_or(Value::Null, |date| date.encode(culture))
    }
}

impl Property for NaiveDateTime {
    const TYPE: PropertyType = PropertyType::DateTime;

    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        let moment = civil::DateTime::decode(received)?;
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        let (hour, minute, second) = (
            part(moment.hour()),
            part(moment.minute()),
            part(moment.second()),
        );
        let date = from_civil(moment.date());
        date.and_then(|date| date.and_hms_opt(hour, minute, second))
            .ok_or_else(|| out_of_range(received))
    }

    fn encode(&self, culture: &Culture) -> Value {
        let parts = to_civil(self.date()).zip(to_civil_time(self.time()));
        parts.map_or(Value::Null, |(date, time)| {
            date.to_datetime(time).encode(culture)
        })
    }
}

impl Property for DateTime<Utc> {
    const TYPE: PropertyType = PropertyType::DateTime;

    fn decode(received: InputValue<'_>) -> Result<Self, ValueError> {
        let seconds = Timestamp::decode(received)?.as_second();
        Self::from_timestamp(seconds, 0).ok_or_else(|| out_of_range(received))
    }

    fn encode(&self, culture: &Culture) -> Value {
        let moment = Timestamp::from_second(self.timestamp());
        moment.map_or(Value::Null, |moment| moment.encode(culture))
    }
}
