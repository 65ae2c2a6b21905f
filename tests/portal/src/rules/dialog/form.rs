//! The settings form: what a step stores of what its author posted, and the form's complaints.

use crate::rules::dialog::form_value;
use crate::rules::dialog::kind::Kind;
use crate::rules::dialog::property::Property;
use crate::rules::php::{Array, Value};
use crate::rules::settings::Settings;

/// Returns the name of a property's control, which two ids that differ only in letter case share.
pub(crate) fn field_name(id: &str) -> String {
    format!("property_{}", id.to_lowercase())
}

/// A posted form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    /// What the step stores, by property id.
    pub(crate) values: Array,
    pub(crate) complaints: Vec<Complaint>,
}

/// What is wrong with one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) id: String,
    pub(crate) why: Why,
}

/// Why a value is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The property is required, and has neither a value nor a default.
    NotExist,
    /// The value is not of its type.
    Wrong(Kind),
    /// The text where an expression is expected is not one.
    NotAnExpression,
}

impl Why {
    /// The platform's code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotExist => "NotExist",
            Self::Wrong(_) | Self::NotAnExpression => "ErrorValue",
        }
    }

    /// The text for a person.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NotExist => "This field is required.",
            Self::Wrong(Kind::Int) => "Not a whole number: digits only.",
            Self::Wrong(Kind::Double) => "Not a number.",
            Self::Wrong(Kind::Bool) => "Neither yes nor no.",
            Self::Wrong(Kind::Date) => "Not a date in the portal's format.",
            Self::Wrong(Kind::DateTime) => "Not a date and time in the portal's format.",
            Self::Wrong(Kind::Time) => "Not a time of day.",
            Self::Wrong(Kind::Select) => "Not one of the options.",
            Self::Wrong(Kind::User) => "Neither a user nor a role.",
            Self::Wrong(Kind::File) => "Neither an expression nor the number of a file.",
            Self::Wrong(_) => "Not a value of this type.",
            Self::NotAnExpression => "Not an expression: write {=Document:FIELD} or {{FIELD}}.",
        }
    }
}

impl Form {
    /// Reads a form that has a control for every property: a property that is not posted is empty.
    pub(crate) fn read(posted: &Array, properties: &[Property], settings: &Settings) -> Self {
        Self::from_posted(posted, properties, settings, true)
    }

    /// Reads what a settings page has set: a property that is not posted is not stored.
    pub(crate) fn of_placement(
        posted: &Array,
        properties: &[Property],
        settings: &Settings,
    ) -> Self {
        Self::from_posted(posted, properties, settings, false)
    }

    fn from_posted(
        posted: &Array,
        properties: &[Property],
        settings: &Settings,
        is_whole: bool,
    ) -> Self {
        let mut form = Self::default();
        for property in properties {
            let name = field_name(&property.id);
            if is_whole || posted.get(&name).is_some() {
                match value(property, posted, &name, settings) {
                    Ok(value) => form.values.insert(property.id.as_str(), value),
                    Err(why) => {
                        form.complain(property, why);
                        continue;
                    }
                }
            }
            let stored = form.values.isset(&property.id);
            if property.required && !stored.unwrap_or(&property.default).is_truthy() {
                form.complain(property, Why::NotExist);
            }
        }
        form
    }

    fn complain(&mut self, property: &Property, why: Why) {
        self.complaints.push(Complaint {
            id: property.id.clone(),
            why,
        });
    }
}

fn value(
    property: &Property,
    posted: &Array,
    name: &str,
    settings: &Settings,
) -> Result<Value, Why> {
    if !property.kind.is_usable() {
        return Ok("".into());
    }
    let typed = texts(posted.get(name));
    let mut expressions = texts(posted.get(&format!("{name}_text")));
    expressions.retain(|text| !text.trim().is_empty());
    if !expressions
        .iter()
        .all(|text| form_value::is_expression(text))
    {
        return Err(Why::NotAnExpression);
    }
    let stored = |text: &String| form_value::stored(property, text, settings);
    if !property.multiple {
        let text = expressions.into_iter().chain(typed).next();
        return stored(&text.unwrap_or_default());
    }
    let list = typed
        .iter()
        .chain(&expressions)
        .map(stored)
        .collect::<Result<Vec<_>, _>>()?;
    // Rows that were not filled in make no list.
    let is_blank = |value: &Value| matches!(value.as_text(), None | Some(""));
    if list.iter().all(is_blank) {
        return Ok(Array::new().into());
    }
    let written = list.into_iter().map(|value| match value {
        Value::Null => "".into(),
        value => value,
    });
    Ok(written.collect::<Array>().into())
}

fn texts(posted: Option<&Value>) -> Vec<String> {
    match posted {
        None => Vec::new(),
        Some(Value::Array(list)) => list.values().map(Value::to_text).collect(),
        Some(scalar) => vec![scalar.to_text()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{Form, Why, field_name};
    use crate::rules::dialog::kind::Kind;
    use crate::rules::dialog::property::Property;
    use crate::rules::php::{Array, Value};
    use crate::rules::settings::{Culture, Settings};

    fn properties_of(json: Json) -> Vec<Property> {
        let Value::Array(array) = Value::from(json) else {
            panic!("an object");
        };
        Property::all(&array, Settings::default().platform.base_types, "crm")
    }

    fn array(json: Json) -> Array {
        Value::from(json).as_array().cloned().unwrap_or_default()
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "it is given a fresh `json!` everywhere"
    )]
    fn read(property: Json, posted: Json) -> Result<Json, Why> {
        let properties = properties_of(json!({"X": property}));
        let form = Form::read(&array(posted), &properties, &Settings::default());
        match form.complaints.first() {
            Some(complaint) => Err(complaint.why),
            None => Ok(form.values.get("X").cloned().unwrap_or_default().to_json()),
        }
    }

    fn single(kind: &str, text: &str) -> Result<Json, Why> {
        let options = json!({"pdf": "PDF", "docx": "Word"});
        read(
            json!({"TYPE": kind, "OPTIONS": options}),
            json!({"property_x": text}),
        )
    }

    #[test]
    fn values_are_stored_as_their_type_has_them() {
        for (kind, text, expected) in [
            ("string", " a ", json!(" a ")),
            ("text", "", json!("")),
            ("int", "1 000", json!("1000")),
            ("int", "-5", json!("-5")),
            ("int", "", json!(null)),
            ("int", "{=Document:TITLE}", json!("{=Document:TITLE}")),
            ("double", "1 500,50", json!("1500.5")),
            ("double", "2.0", json!("2")),
            ("bool", "Y", json!("Y")),
            ("bool", "", json!(null)),
            ("date", "31.12.2025", json!("31.12.2025 [10800]")),
            ("date", "31.12.2025 10:20:30", json!("31.12.2025 [10800]")),
            (
                "datetime",
                "31.12.2025 10:20:30",
                json!("31.12.2025 10:20:30 [10800]"),
            ),
            (
                "datetime",
                "31.12.2025 10:20:30 [14400]",
                json!("31.12.2025 10:20:30 [14400]"),
            ),
            (
                "datetime",
                "31.12.2025",
                json!("31.12.2025 00:00:00 [10800]"),
            ),
            (
                "datetime",
                "=dateadd({=System:Now}, '1d')",
                json!("=dateadd({=System:Now}, '1d')"),
            ),
            ("time", "10:30", json!("10:30 [10800]")),
            ("select", "pdf", json!("pdf")),
            ("select", "Word", json!("docx")),
            ("select", "", json!(null)),
            ("user", "3", json!("user_3")),
            ("user", "user_3", json!("user_3")),
            ("user", "Author;", json!("author")),
            ("user", "group_d5", json!("group_d5")),
            ("file", "{=Document:FILE}", json!("{=Document:FILE}")),
            ("UF:money", "5|EUR", json!("5|EUR")),
            ("boolean", "Y", json!("")),
            ("", "Y", json!("")),
        ] {
            assert_eq!(single(kind, text), Ok(expected), "{kind} {text:?}");
        }
    }

    #[test]
    fn values_of_no_type_are_refused() {
        for (kind, text, why) in [
            ("int", "five", Kind::Int),
            ("int", "1.5", Kind::Int),
            ("double", "much", Kind::Double),
            ("double", "inf", Kind::Double),
            ("bool", "maybe", Kind::Bool),
            ("date", "2025-12-31", Kind::Date),
            ("datetime", "31.02.2025", Kind::DateTime),
            ("time", "25:00", Kind::Time),
            ("select", "word", Kind::Select),
            ("user", "somebody", Kind::User),
            ("user", "group_", Kind::User),
            ("file", "a.pdf", Kind::File),
        ] {
            assert_eq!(single(kind, text), Err(Why::Wrong(why)), "{kind} {text:?}");
        }
    }

    #[test]
    fn dates_are_read_in_the_portals_culture() {
        let mut settings = Settings::default();
        settings.user_offset = 3600;
        settings.set_culture(Culture::MonthDayYear);
        let properties = properties_of(json!({"x": {"TYPE": "datetime"}}));
        let posted = array(json!({"property_x": "12/31/2025 10:20:30 pm"}));
        let form = Form::read(&posted, &properties, &settings);
        assert_eq!(
            form.values.get("x").and_then(Value::as_text),
            Some("12/31/2025 10:20:30 pm [14400]")
        );
    }

    #[test]
    fn a_required_property_needs_a_value_or_a_default() {
        let required = |extra: Json| {
            let mut property = json!({"TYPE": "int", "REQUIRED": "Y"});
            for (name, value) in extra.as_object().unwrap() {
                property[name] = value.clone();
            }
            property
        };
        let empty = json!({"property_x": ""});
        assert_eq!(read(required(json!({})), empty.clone()), Err(Why::NotExist));
        assert_eq!(
            read(required(json!({"DEFAULT": 5})), empty.clone()),
            Ok(json!(null))
        );
        // An empty text is a value, so the default does not replace it.
        assert_eq!(
            read(required(json!({"TYPE": "string", "DEFAULT": "d"})), empty),
            Err(Why::NotExist)
        );
        assert_eq!(
            read(
                required(json!({"MULTIPLE": "Y"})),
                json!({"property_x": ["", ""]})
            ),
            Err(Why::NotExist)
        );
        assert_eq!(Why::NotExist.code(), "NotExist");
    }

    #[test]
    fn lists_keep_their_empty_elements() {
        let dates = json!({"TYPE": "date", "MULTIPLE": "Y"});
        assert_eq!(
            read(dates.clone(), json!({"property_x": ["", "05.12.2022"]})),
            Ok(json!(["", "05.12.2022 [10800]"]))
        );
        assert_eq!(read(dates.clone(), json!({})), Ok(json!([])));
        assert_eq!(
            read(
                dates,
                json!({"property_x": [""], "property_x_text": ["{=Document:DATE}"]})
            ),
            Ok(json!(["", "{=Document:DATE}"]))
        );
    }

    #[test]
    fn an_expression_takes_the_place_of_a_value() {
        let posted = json!({"property_x": "5", "property_x_text": "{=Document:ID}"});
        assert_eq!(
            read(json!({"TYPE": "int"}), posted),
            Ok(json!("{=Document:ID}"))
        );
        let posted = json!({"property_x": "5", "property_x_text": "six"});
        assert_eq!(
            read(json!({"TYPE": "int"}), posted),
            Err(Why::NotAnExpression)
        );
    }

    #[test]
    fn ids_that_differ_in_case_share_a_control() {
        assert_eq!(field_name("inputString"), "property_inputstring");
        let both = properties_of(json!({"a": {"TYPE": "string"}, "A": {"TYPE": "string"}}));
        let form = Form::read(
            &array(json!({"property_a": "v"})),
            &both,
            &Settings::default(),
        );
        assert_eq!(form.values.get("a"), form.values.get("A"));
    }

    #[test]
    fn a_settings_page_stores_only_what_it_sets() {
        let both = properties_of(json!({"a": {"TYPE": "string"}, "b": {"TYPE": "string"}}));
        let form = Form::of_placement(
            &array(json!({"property_a": "v"})),
            &both,
            &Settings::default(),
        );
        assert_eq!(form.values.len(), 1);
    }
}
