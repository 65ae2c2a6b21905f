//! The checks of single parameters, with the server's texts.

use crate::rules::php::{Array, Key, Value};
use crate::rules::registration::kind::Kind;
use crate::rules::rest_error::RestError;
use crate::rules::settings::Platform;

/// `CODE`: letters, digits, `.`, `-`, `_`.
pub(crate) fn code(value: Option<&Value>) -> Result<String, RestError> {
    let given = value
        .filter(|value| value.is_truthy())
        .ok_or_else(|| invalid("Empty activity code!"))?;
    matches_code(given).ok_or_else(|| invalid("Wrong activity code!"))
}

/// The text, if it may be a code.
pub(crate) fn matches_code(value: &Value) -> Option<String> {
    let is_code = |text: &&str| {
        let text = without_final_newline(text);
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    value.as_text().filter(is_code).map(str::to_owned)
}

/// `PROPERTIES` or `RETURN_PROPERTIES`: a map of identifiers to properties with names; nothing else
/// is checked.
pub(crate) fn properties(value: Option<&Value>) -> Result<(), RestError> {
    let Some(value) = value else { return Ok(()) };
    let properties = value
        .as_array()
        .ok_or_else(|| invalid("Wrong properties array!"))?;
    for (key, property) in properties.iter() {
        let key = key.to_text();
        if !is_identifier(&key) {
            return Err(invalid(format!("Wrong property key ({key})!")));
        }
        let name = property
            .as_array()
            .and_then(|property| property.get("NAME"));
        if !name.is_some_and(Value::is_truthy) {
            return Err(invalid(format!("Empty property NAME ({key})!")));
        }
    }
    Ok(())
}

/// The types that a robot's inputs could have in 2019.
const TYPES_OF_2019: [&str; 9] = [
    "bool", "date", "datetime", "double", "int", "select", "string", "text", "user",
];

/// The rule of 2019: an input without a type is text; a type that is not listed is refused.
pub(crate) fn listed_types(properties: Option<&Value>) -> Result<(), RestError> {
    let types = properties
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::values)
        .filter_map(|property| property.as_array()?.isset("TYPE"));
    for kind in types.map(Value::to_text) {
        if !TYPES_OF_2019.contains(&kind.as_str()) {
            return Err(invalid(format!("Unsupported property type ({kind})!")));
        }
    }
    Ok(())
}

fn is_identifier(key: &str) -> bool {
    let mut bytes = without_final_newline(key).bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The server's patterns end in `$`, which also matches before a final newline.
fn without_final_newline(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// `FILTER`: any array.
pub(crate) fn filter(value: Option<&Value>) -> Result<(), RestError> {
    match value {
        None | Some(Value::Array(_)) => Ok(()),
        Some(_) => Err(invalid("Wrong activity FILTER!")),
    }
}

/// `DOCUMENT_TYPE`: `[module, entity, type]`, or `[entity, type]`.
pub(crate) fn document_type(value: Option<&Value>) -> Result<(), RestError> {
    let Some(value) = value else { return Ok(()) };
    let triple = value
        .as_array()
        .and_then(triple)
        .filter(|[module, entity, kind]| {
            let is_module = module
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
            // PHP's `empty`: "0" names nothing either.
            let is_set = |text: &str| !matches!(text, "" | "0");
            is_module
                && is_set(entity)
                && is_set(kind)
                && (module != "crm" || crm_knows(entity, kind))
        });
    triple
        .map(|_| ())
        .ok_or_else(|| invalid("Wrong activity DOCUMENT_TYPE!"))
}

fn triple(array: &Array) -> Option<[String; 3]> {
    let part = |index| match array.at(index) {
        None => Some(String::new()),
        Some(Value::Array(_)) => None,
        Some(scalar) => Some(scalar.to_text().trim().to_owned()),
    };
    match array.len() {
        0 | 1 => None,
        2 => Some([String::new(), part(0)?, part(1)?]),
        _ => Some([part(0)?, part(1)?, part(2)?]),
    }
}

/// Whether a CRM entity has a document type; an entity the portal does not know may have any.
fn crm_knows(entity: &str, kind: &str) -> bool {
    let own = match entity {
        "CCrmDocumentLead" => "LEAD",
        "CCrmDocumentDeal" => "DEAL",
        "CCrmDocumentContact" => "CONTACT",
        "CCrmDocumentCompany" => "COMPANY",
        r"Bitrix\Crm\Integration\BizProc\Document\Quote" => "QUOTE",
        r"Bitrix\Crm\Integration\BizProc\Document\SmartInvoice" => "SMART_INVOICE",
        r"Bitrix\Crm\Integration\BizProc\Document\Order" => "ORDER",
        r"Bitrix\Crm\Integration\BizProc\Document\Dynamic" => {
            return kind
                .strip_prefix("DYNAMIC_")
                .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
        }
        _ => return true,
    };
    kind == own
}

/// The part of `add` after the name: the order depends on the kind, and for robots on the
/// platform's version.
pub(crate) fn definition(kind: Kind, params: &Array, platform: &Platform) -> Result<(), RestError> {
    properties(params.isset("PROPERTIES"))?;
    if kind == Kind::Robot && platform.robot_type_whitelist {
        listed_types(params.isset("PROPERTIES"))?;
    }
    if kind == Kind::Robot && platform.robot_document_type_check {
        document_type(params.isset("DOCUMENT_TYPE"))?;
    }
    properties(params.isset("RETURN_PROPERTIES"))?;
    if kind == Kind::Activity {
        document_type(params.isset("DOCUMENT_TYPE"))?;
    }
    filter(params.isset("FILTER"))
}

/// `strict Y`: only the exact text counts.
pub(crate) fn strict_y(value: Option<&Value>) -> &'static str {
    if matches!(value, Some(Value::Text(text)) if text == "Y") {
        "Y"
    } else {
        "N"
    }
}

/// Returns a label as it is stored: plain text applies to every language.
pub(crate) fn label(value: &Value) -> Value {
    match value {
        Value::Array(_) => value.clone(),
        scalar => [(Key::from("*"), Value::Text(scalar.to_text()))]
            .into_iter()
            .collect::<Array>()
            .into(),
    }
}

/// A refusal without a code of its own.
pub(crate) fn invalid(text: impl Into<String>) -> RestError {
    RestError::new(400, "ERROR_ACTIVITY_VALIDATION_FAILURE", text)
}

/// The error of every other failure of the database.
pub(crate) fn sql_error() -> RestError {
    RestError::new(500, "ERROR_CORE", "SQL query error!")
}
