//! The values of a task's fields. Only here does REST convert values: dates to and from ATOM, files
//! to links and from their content.

use crate::model::files::StoredFile;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Key, Value};
use crate::rules::settings::Settings;
use crate::rules::{base64, dates, random, values};

/// A field of a task as `bizproc.task.list` shows it.
pub(crate) fn shown(shared: &Shared, state: &State, id: &str, property: &Value) -> Array {
    let mut field = values::normalised(id, property);
    let kind = values::kind_of(property);
    let default = field.remove("Default").unwrap_or_default();
    field.insert("Default", outgoing(shared, state, &kind, default));
    field
}

fn outgoing(shared: &Shared, state: &State, kind: &str, value: Value) -> Value {
    match (kind, value) {
        (_, empty) if !empty.is_truthy() => empty,
        ("date" | "datetime" | "file", Value::Array(list)) => list
            .into_iter()
            .map(|(key, value)| (key, outgoing(shared, state, kind, value)))
            .collect::<Array>()
            .into(),
        ("date", Value::Text(text)) => dates::atom_day(&text, &shared.settings).into(),
        ("datetime", Value::Text(text)) => dates::atom_moment(&text, &shared.settings).into(),
        ("file", id) => number(&id)
            .and_then(|id| state.files.link(&shared.url, id))
            // A deleted file has no link.
            .map_or(Value::Null, Value::Text),
        (_, value) => value,
    }
}

/// The values of `FIELDS`, read, but with their files not stored yet.
#[derive(Debug)]
pub(crate) struct Given(Vec<(Key, GivenValue)>);

#[derive(Debug)]
enum GivenValue {
    Plain(Value),
    File(StoredFile),
    List(Vec<(Key, Self)>),
}

impl Given {
    /// Reads the values sent for the fields of a task; the error says which file cannot be read,
    /// and why.
    pub(crate) fn read(
        state: &State,
        settings: &Settings,
        fields: &Array,
        sent: &Array,
    ) -> Result<Self, String> {
        let read = |(name, value): (&Key, &Value)| {
            let known = fields.iter().find_map(|(id, property)| {
                let is_it = id.to_text().eq_ignore_ascii_case(&name.to_text());
                is_it.then_some(property)
            });
            let value = match known {
                Some(property) => incoming(state, settings, property, value)
                    .map_err(|reason| unreadable(property, name, &reason))?,
                None => GivenValue::Plain(value.clone()),
            };
            Ok((name.clone(), value))
        };
        sent.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Stores the files, and returns the values with the files' ids.
    pub(crate) fn store_files(self, state: &mut State) -> Array {
        store_all(state, self.0)
    }

    /// Whether a field is filled.
    pub(crate) fn has(&self, id: &str) -> bool {
        let given = self.0.iter().find(|(name, _)| name.to_text() == id);
        given.is_some_and(|(_, value)| match value {
            GivenValue::Plain(value) => value.is_truthy(),
            GivenValue::File(_) => true,
            GivenValue::List(list) => !list.is_empty(),
        })
    }
}

fn store_all(state: &mut State, values: Vec<(Key, GivenValue)>) -> Array {
    let store = |(key, value)| {
        let value = match value {
            GivenValue::Plain(value) => value,
            GivenValue::File(file) => id_value(state.files.add(file)),
            GivenValue::List(list) => store_all(state, list).into(),
        };
        (key, value)
    };
    values.into_iter().map(store).collect()
}

fn unreadable(property: &Value, id: &Key, reason: &str) -> String {
    let name = values::name(property).unwrap_or_else(|| id.to_text());
    format!("The file of the field '{name}' cannot be read: {reason}")
}

fn incoming(
    state: &State,
    settings: &Settings,
    property: &Value,
    value: &Value,
) -> Result<GivenValue, String> {
    let kind = values::kind_of(property);
    match value {
        Value::Array(list) if values::is_multiple(property) => {
            let of_list = list.iter().map(|(key, value)| {
                let value = single(state, settings, &kind, value)?;
                Ok((key.clone(), value))
            });
            of_list.collect::<Result<_, _>>().map(GivenValue::List)
        }
        value => single(state, settings, &kind, value),
    }
}

fn single(
    state: &State,
    settings: &Settings,
    kind: &str,
    value: &Value,
) -> Result<GivenValue, String> {
    let plain = |value| Ok(GivenValue::Plain(value));
    match (kind, value) {
        (_, empty) if !empty.is_truthy() => plain(empty.clone()),
        ("date", Value::Text(text)) => plain(dates::day_of_iso(text, settings).into()),
        ("datetime", Value::Text(text)) => plain(dates::moment_of_iso(text).into()),
        ("file", value) => file(state, value),
        (_, value) => plain(value.clone()),
    }
}

/// A file: base64, a name and base64, or the id of one on the Drive.
fn file(state: &State, value: &Value) -> Result<GivenValue, String> {
    if is_number(value) {
        let id = number(value)
            .and_then(|drive_id| state.files.on_drive(drive_id))
            .ok_or_else(|| format!("the Drive has no file {}", value.to_text()))?;
        return Ok(GivenValue::Plain(id_value(id)));
    }
    let (name, content) = match value {
        Value::Text(text) => (None, text),
        Value::Array(list) => match (list.len(), list.at(0), list.at(1)) {
            (2, Some(name), Some(Value::Text(content))) if name.as_array().is_none() => {
                (Some(name.to_text()), content)
            }
            _ => return Err("a list is its name and its content".to_owned()),
        },
        _ => return Err("it is neither text nor a list".to_owned()),
    };
    let content = base64::decode(content).ok_or("its content is not base64")?;
    if content.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(GivenValue::File(StoredFile {
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| random::alphanumeric(32)),
        content,
    }))
}

/// Whether a value is a number, or text of digits only.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Int(_) => true,
        Value::Text(text) => text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

fn number(value: &Value) -> Option<u64> {
    value.to_text().parse().ok().filter(|_| is_number(value))
}

fn id_value(id: u64) -> Value {
    Value::Int(i64::try_from(id).unwrap_or(i64::MAX))
}
