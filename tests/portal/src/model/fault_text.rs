//! Faults as text: `doubled_call`, `hang=5`, `error=503,QUERY_LIMIT_EXCEEDED,Too many requests`.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::model::faults::Fault;
use crate::rules::error::Error;

/// Parses a fault by its name, with its value after a `=`.
///
/// ```
/// use std::time::Duration;
///
/// use bizproc_portal::Fault;
///
/// assert_eq!("doubled_call".parse::<Fault>()?, Fault::DoubledCall);
/// assert_eq!("hang=5".parse::<Fault>()?, Fault::Hang(Duration::from_secs(5)));
/// assert_eq!(
///     "error=503,QUERY_LIMIT_EXCEEDED,Too many requests".parse::<Fault>()?,
///     Fault::error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
/// );
/// assert!("no_such_fault".parse::<Fault>().is_err());
/// # Ok::<(), bizproc_portal::Error>(())
/// ```
impl FromStr for Fault {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::FaultText`] names the known faults, or what is missing after the name.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, value) = text
            .split_once('=')
            .map_or((text, None), |(name, value)| (name, Some(value)));
        let tried = spellings(name.trim(), value);
        // Read from text, because only there a struct may be written as the list of its fields.
        let mut read = tried
            .into_iter()
            .map(|json| serde_json::from_str(&json.to_string()));
        let mut reason = String::new();
        read.find_map(|read| read.map_err(|error| reason = error.to_string()).ok())
            .ok_or_else(|| Error::FaultText {
                text: text.to_owned(),
                reason,
            })
    }
}

/// Returns what the text can mean; the error reports what is wrong with the last of them.
fn spellings(name: &str, value: Option<&str>) -> Vec<Value> {
    let Some(value) = value else {
        return vec![json!(name)];
    };
    let scalar = |text: &str| {
        let number = text.trim().parse::<serde_json::Number>();
        number.map_or_else(|_| json!(text), Value::Number)
    };
    let list: Vec<Value> = value
        .splitn(3, ',')
        .enumerate()
        .map(|(index, part)| {
            if index == 0 {
                scalar(part)
            } else {
                json!(part.trim())
            }
        })
        .collect();
    vec![
        json!({ name: scalar(value) }),
        json!({ name: value }),
        json!({ name: list }),
    ]
}
