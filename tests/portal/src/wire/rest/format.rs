//! The format of a response.

use serde_json::Value as Json;

use crate::rules::php::{Array, Key, Value};

/// The format that the end of an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// `.json`, or nothing.
    #[default]
    Json,
    /// `.xml`.
    Xml,
}

impl Format {
    /// Takes the format off the end of a method's name.
    pub(crate) fn split(method: &str) -> (&str, Self) {
        match method.rsplit_once('.') {
            Some((method, "json")) => (method, Self::Json),
            Some((method, "xml")) => (method, Self::Xml),
            _ => (method, Self::default()),
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Xml => "text/xml; charset=utf-8",
        }
    }

    pub(crate) fn write(self, response: &Json) -> String {
        match self {
            Self::Json => response.to_string(),
            Self::Xml => {
                let mut text = String::new();
                let value = Value::from(response.clone());
                element("response", &value, &mut text);
                text
            }
        }
    }
}

/// An element for every key, `item` for a number; names are not escaped for XML, and there is no
/// declaration.
fn elements(array: &Array, text: &mut String) {
    for (key, value) in array.iter() {
        let name = match key {
            Key::Text(name) => name,
            Key::Int(_) => "item",
        };
        element(name, value, text);
    }
}

fn element(name: &str, value: &Value, text: &mut String) {
    text.extend(["<", name, ">"]);
    match value {
        Value::Array(array) => elements(array, text),
        scalar => escape(&scalar.to_text(), text),
    }
    text.extend(["</", name, ">"]);
}

fn escape(value: &str, text: &mut String) {
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Format;

    #[test]
    fn the_end_of_a_name_is_the_format() {
        for (written, expected) in [
            ("app.info", ("app.info", Format::Json)),
            ("app.info.json", ("app.info", Format::Json)),
            ("app.info.xml", ("app.info", Format::Xml)),
            ("app.info.xml.json", ("app.info.xml", Format::Json)),
            ("app.info.XML", ("app.info.XML", Format::Json)),
            ("app.info.csv", ("app.info.csv", Format::Json)),
        ] {
            assert_eq!(Format::split(written), expected);
        }
    }

    #[test]
    fn xml_has_an_element_for_everything() {
        let response = json!({
            "result": [{"ID": "7", "on": true, "off": false, "none": null}, "<a & 'b' \"c\">"],
            "total": 2, "time": {"start": 1.5}, "empty": [],
        });
        assert_eq!(
            Format::Xml.write(&response),
            "<response><result><item><ID>7</ID><on>1</on><off></off><none></none></item>\
             <item>&lt;a &amp; &apos;b&apos; &quot;c&quot;&gt;</item></result><total>2</total>\
             <time><start>1.5</start></time><empty></empty></response>"
        );
    }
}
