//! One value of a settings form: from the typed text to the stored value.

use crate::rules::dates;
use crate::rules::dialog::form::Why;
use crate::rules::dialog::kind::Kind;
use crate::rules::dialog::options::key_of;
use crate::rules::dialog::property::Property;
use crate::rules::php::Value;
use crate::rules::settings::Settings;

/// Texts that name users without being one.
const ROLES: [&str; 4] = ["author", "responsible_head", "user_head", "admin"];

/// Whether a text is computed when the step runs, and so is stored as it is.
pub(crate) fn is_expression(text: &str) -> bool {
    let holds = |open: &str, close: &str| {
        text.split_once(open)
            .is_some_and(|(_, rest)| rest.contains(close))
    };
    text.starts_with('=') || holds("{=", "}") || holds("{{", "}}")
}

/// Returns what is stored for a text; an empty text is no value.
pub(crate) fn stored(property: &Property, text: &str, settings: &Settings) -> Result<Value, Why> {
    let kind = property.kind;
    match kind {
        Kind::Missing | Kind::Unknown => return Ok("".into()),
        Kind::Text | Kind::LongText | Kind::OfDocument | Kind::InternalSelect => {
            return Ok(text.into());
        }
        Kind::Select if property.options.is_empty() => return Ok(Value::Null),
        _ => {}
    }
    if is_expression(text) {
        return Ok(text.into());
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let read = match kind {
        Kind::Int => int(text),
        Kind::Double => double(text),
        Kind::Bool => flag(text),
        Kind::Date => dates::stored(text, false, settings),
        Kind::DateTime => dates::stored(text, true, settings),
        Kind::Time => dates::stored_time(text, settings),
        Kind::Select => key_of(&property.options, text),
        Kind::User => user(text),
        Kind::File => text
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.to_owned()),
        _ => None,
    };
    read.map(Value::Text).ok_or(Why::Wrong(kind))
}

fn int(text: &str) -> Option<String> {
    let digits = text.replace(' ', "");
    let is_int = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_int.then_some(digits)
}

fn double(text: &str) -> Option<String> {
    let spelled = text.replace(' ', "").replace(',', ".");
    let is_number = spelled
        .bytes()
        .all(|byte| b"0123456789+-.eE".contains(&byte));
    let number: f64 = is_number.then(|| spelled.parse().ok()).flatten()?;
    number.is_finite().then(|| Value::Float(number).to_text())
}

fn flag(text: &str) -> Option<String> {
    match text.to_lowercase().as_str() {
        "y" | "yes" | "1" | "true" => Some("Y".to_owned()),
        "n" | "no" | "0" | "false" => Some("N".to_owned()),
        _ => None,
    }
}

fn user(text: &str) -> Option<String> {
    let text = text.trim_end_matches(';').to_lowercase();
    let id = text.strip_prefix("user_").unwrap_or(&text);
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("user_{id}"));
    }
    let is_group = text
        .strip_prefix("group_")
        .is_some_and(|group| !group.is_empty());
    (is_group || ROLES.contains(&text.as_str())).then_some(text)
}
