//! `filter` and `order` of the offline queue.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::methods::events::checks::wrong_argument;
use crate::model::offline_queue::Record;
use crate::rules::dates;
use crate::rules::php::{Key, Value};
use crate::rules::rest_error::RestError;
use crate::rules::settings::Settings;

/// A column to filter and sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Id,
    TimestampX,
    EventName,
    MessageId,
    ProcessId,
    Error,
}

impl Field {
    /// The columns of `event.offline.get`.
    pub(crate) const OF_GET: &'static [Self] =
        &[Self::Id, Self::TimestampX, Self::EventName, Self::MessageId];
    /// The columns of `event.offline.list`.
    pub(crate) const OF_LIST: &'static [Self] = &[
        Self::Id,
        Self::TimestampX,
        Self::EventName,
        Self::MessageId,
        Self::ProcessId,
        Self::Error,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::TimestampX => "TIMESTAMP_X",
            Self::EventName => "EVENT_NAME",
            Self::MessageId => "MESSAGE_ID",
            Self::ProcessId => "PROCESS_ID",
            Self::Error => "ERROR",
        }
    }

    fn named(allowed: &[Self], name: &str) -> Option<Self> {
        allowed.iter().copied().find(|field| field.name() == name)
    }

    fn operand(self, record: &Record) -> Operand {
        match self {
            Self::Id => Operand::Number(record.id),
            Self::TimestampX => Operand::Number(record.at.as_second()),
            Self::EventName => Operand::Text(record.event.to_owned()),
            Self::MessageId => Operand::Text(record.message_id.clone()),
            Self::ProcessId => Operand::Text(record.process_id.clone()),
            Self::Error => Operand::Number(record.is_error.into()),
        }
    }

    fn read(self, value: &Value, settings: &Settings) -> Result<Operand, RestError> {
        match self {
            Self::Id | Self::Error => Ok(Operand::Number(value.to_int())),
            Self::TimestampX => moment(&value.to_text(), settings)
                .map(|at| Operand::Number(at.as_second()))
                .ok_or_else(|| RestError::new(400, "ERROR_CORE", "Incorrect date/time")),
            Self::EventName | Self::MessageId | Self::ProcessId => {
                Ok(Operand::Text(value.to_text()))
            }
        }
    }
}

fn moment(text: &str, settings: &Settings) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        dates::server_zone(settings).to_timestamp(local).ok()
    })
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Operand {
    Number(i64),
    Text(String),
}

impl Operand {
    fn contains(&self, part: &Self) -> bool {
        let text = |operand: &Self| match operand {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        };
        text(self).contains(&text(part))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Equal,
    Contains,
    Compare(&'static [Ordering]),
}

impl Operation {
    fn read(sign: &str) -> Option<Self> {
        Some(match sign {
            "" | "=" | "@" => Self::Equal,
            "%" => Self::Contains,
            ">" => Self::Compare(&[Ordering::Greater]),
            ">=" => Self::Compare(&[Ordering::Greater, Ordering::Equal]),
            "<" => Self::Compare(&[Ordering::Less]),
            "<=" => Self::Compare(&[Ordering::Less, Ordering::Equal]),
            _ => return None,
        })
    }

    fn holds(self, left: &Operand, right: &Operand) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Contains => left.contains(right),
            Self::Compare(orders) => orders.contains(&left.cmp(right)),
        }
    }
}

/// One line of a `filter`.
#[derive(Debug)]
pub(crate) struct Condition {
    field: Field,
    operation: Operation,
    /// One of these.
    operands: Vec<Operand>,
}

impl Condition {
    pub(crate) fn holds(&self, record: &Record) -> bool {
        let value = self.field.operand(record);
        let mut operands = self.operands.iter();
        operands.any(|operand| self.operation.holds(&value, operand))
    }
}

/// Reads a `filter`; a list of values is one of them, where lists are allowed.
pub(crate) fn filter(
    value: Option<&Value>,
    allowed: &[Field],
    lists: bool,
    settings: &Settings,
) -> Result<Vec<Condition>, RestError> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let filter = value
        .as_array()
        .ok_or_else(|| wrong_argument("filter", "The filter is not an array."))?;
    let conditions = filter
        .iter()
        .map(|(key, value)| condition(key, value, allowed, lists, settings));
    conditions.collect()
}

fn condition(
    key: &Key,
    value: &Value,
    allowed: &[Field],
    lists: bool,
    settings: &Settings,
) -> Result<Condition, RestError> {
    let key = key.to_text();
    let begin = key
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(key.len());
    let (sign, name) = key.split_at(begin);
    let refuse = |text: String| wrong_argument("filter", &text);
    let operation = Operation::read(sign)
        .ok_or_else(|| refuse(format!("Filter operation not allowed: {sign}")))?;
    let field = Field::named(allowed, name)
        .ok_or_else(|| refuse(format!("Filter field not allowed: {name}")))?;
    let operands = match value {
        Value::Array(values) if lists => values
            .values()
            .map(|value| field.read(value, settings))
            .collect::<Result<_, _>>()?,
        Value::Array(_) => {
            let text = format!("The value of an argument '{key}' has an invalid type");
            return Err(wrong_argument(&key, &text));
        }
        scalar => vec![field.read(scalar, settings)?],
    };
    Ok(Condition {
        field,
        operation,
        operands,
    })
}

/// Sorts by an `order`, or by a default field.
pub(crate) fn sort(
    records: &mut [Record],
    order: Option<&Value>,
    allowed: &[Field],
    default: Field,
) -> Result<(), RestError> {
    let mut keys = vec![(default, false)];
    if let Some(order) = order {
        keys = order
            .as_array()
            .ok_or_else(|| wrong_argument("order", "The order is not an array."))?
            .iter()
            .map(|(key, direction)| sort_key(key, direction, allowed))
            .collect::<Result<_, _>>()?;
    }
    // The sort is stable: records with equal keys stay in the order of the queue.
    records.sort_by(|left, right| {
        keys.iter()
            .fold(Ordering::Equal, |so_far, (field, is_descending)| {
                let order = field.operand(left).cmp(&field.operand(right));
                so_far.then(if *is_descending {
                    order.reverse()
                } else {
                    order
                })
            })
    });
    Ok(())
}

fn sort_key(key: &Key, direction: &Value, allowed: &[Field]) -> Result<(Field, bool), RestError> {
    let name = key.to_text();
    let field = Field::named(allowed, &name)
        .ok_or_else(|| wrong_argument("order", &format!("Order field not allowed: {name}")))?;
    match direction.to_text().to_uppercase().as_str() {
        "ASC" => Ok((field, false)),
        "DESC" => Ok((field, true)),
        _ => Err(wrong_argument(
            "order",
            "Order direction should be one of {ASC|DESC}",
        )),
    }
}
