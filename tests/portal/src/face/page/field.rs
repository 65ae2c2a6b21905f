//! A control of the settings form.

use crate::face::page::people::ROLES;
use crate::model::users::PEOPLE;
use crate::rules::dates;
use crate::rules::dialog::{Complaint, Kind, Property, field_name, is_expression, shown};
use crate::rules::php::{Array, Value};
use crate::rules::settings::{Culture, Settings};

/// A property as the form shows it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) id: String,
    /// The name of its control.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) multiple: bool,
    pub(crate) kind: &'static str,
    pub(crate) type_as_sent: String,
    /// The values in its controls: one, or those of a list.
    pub(crate) rows: Vec<String>,
    pub(crate) expression: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) error: Option<Problem>,
    pub(crate) placeholder: &'static str,
    /// Whether it is typed as text, where an expression is allowed as well.
    pub(crate) is_text: bool,
}

/// A choice of a select.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) key: String,
    pub(crate) title: String,
}

/// The form's complaint.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
}

impl Field {
    /// Builds the control of a property with a stored value, in a language.
    pub(crate) fn stored(
        property: &Property,
        value: Option<&Value>,
        language: &str,
        settings: &Settings,
    ) -> Self {
        let texts = match value.unwrap_or(&property.default) {
            Value::Null => Vec::new(),
            Value::Array(list) => list.values().map(Value::to_text).collect(),
            scalar => vec![scalar.to_text()],
        };
        let (expressions, plain): (Vec<_>, Vec<_>) = texts
            .into_iter()
            .partition(|text| !is_text(property.kind) && is_expression(text));
        let rows = plain.iter().map(|text| match property.kind {
            Kind::Date | Kind::DateTime | Kind::Time => dates::shown(text, settings),
            Kind::Select => key_of(property, text),
            _ => text.clone(),
        });
        let expression = expressions.into_iter().next().unwrap_or_default();
        Self::new(property, rows.collect(), expression, language, settings)
    }

    /// Builds the control as it was posted, with the form's complaints.
    pub(crate) fn posted(
        property: &Property,
        posted: &Array,
        complaints: &[Complaint],
        language: &str,
        settings: &Settings,
    ) -> Self {
        let name = field_name(&property.id);
        let rows = texts(posted.get(&name));
        let expression = texts(posted.get(&format!("{name}_text")))
            .into_iter()
            .next()
            .unwrap_or_default();
        let own = complaints.iter().find(|its| its.id == property.id);
        let error = own.map(|complaint| Problem {
            code: complaint.why.code(),
            text: complaint.why.text(),
        });
        Self {
            error,
            ..Self::new(property, rows, expression, language, settings)
        }
    }

    fn new(
        property: &Property,
        mut rows: Vec<String>,
        expression: String,
        language: &str,
        settings: &Settings,
    ) -> Self {
        if rows.is_empty() {
            rows.push(String::new());
        }
        let mut choices = choices_of(property);
        if property.kind == Kind::User {
            // A group that is stored but not offered stays unchanged.
            for row in rows.iter().filter(|row| !row.is_empty()) {
                if !choices.iter().any(|choice| choice.key == *row) {
                    choices.push(Choice {
                        key: row.clone(),
                        title: row.clone(),
                    });
                }
            }
        }
        Self {
            id: property.id.clone(),
            name: field_name(&property.id),
            label: shown(&property.name, language),
            description: shown(&property.description, language),
            required: property.required,
            multiple: property.multiple,
            kind: property.kind.name(),
            type_as_sent: property.type_as_sent.clone(),
            rows,
            expression,
            choices,
            error: None,
            placeholder: placeholder(property.kind, settings.culture()),
            is_text: is_text(property.kind),
        }
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Text | Kind::LongText | Kind::OfDocument | Kind::InternalSelect | Kind::File
    )
}

fn texts(posted: Option<&Value>) -> Vec<String> {
    match posted {
        None => Vec::new(),
        Some(Value::Array(list)) => list.values().map(Value::to_text).collect(),
        Some(scalar) => vec![scalar.to_text()],
    }
}

/// A default may be a title: the form then shows its key.
fn key_of(property: &Property, text: &str) -> String {
    let has = |(key, title): &&(String, String)| key == text || title == text;
    let found = property.options.iter().find(has);
    found.map_or_else(|| text.to_owned(), |(key, _)| key.clone())
}

fn choices_of(property: &Property) -> Vec<Choice> {
    let choice = |(key, title): (String, String)| Choice { key, title };
    match property.kind {
        Kind::Select => property.options.iter().cloned().map(choice).collect(),
        Kind::Bool => [("Y", "Yes"), ("N", "No")]
            .map(|(key, title)| choice((key.to_owned(), title.to_owned())))
            .into(),
        Kind::User => {
            let people = PEOPLE.iter().map(|person| {
                let title = format!("{} ({})", person.name(), person.position);
                choice((format!("user_{}", person.id), title))
            });
            let roles = ROLES
                .iter()
                .map(|(key, title)| choice(((*key).to_owned(), (*title).to_owned())));
            people.chain(roles).collect()
        }
        _ => Vec::new(),
    }
}

fn placeholder(kind: Kind, culture: Culture) -> &'static str {
    match (kind, culture) {
        (Kind::Int, _) => "42",
        (Kind::Double, _) => "1.5",
        (Kind::Date, Culture::DayMonthYear) => "31.12.2025",
        (Kind::Date, Culture::MonthDayYear) => "12/31/2025",
        (Kind::DateTime, Culture::DayMonthYear) => "31.12.2025 10:20:30",
        (Kind::DateTime, Culture::MonthDayYear) => "12/31/2025 10:20:30 am",
        (Kind::Time, _) => "10:30",
        (Kind::File, _) => "{=Document:FILE}",
        _ => "",
    }
}
