//! Definitions as the parameters of `bizproc.robot.add`, `bizproc.robot.update` and their
//! activity twins.
//!
//! Attribute and language names go out in upper case: every portal version takes them so, in
//! `add` and in `update`.

use serde_json::{Map, Value, json};

use super::{DefaultValue, Definition, DocumentType, PropertyList, PropertySpec, RobotKind, Wait};

/// What a registration needs beside the definition: where the application is reached, and whose
/// tokens the calls carry.
///
/// ```
/// use bizproc_runtime::definition::{Definition, Registration};
///
/// const PING: Definition = Definition::robot("acme_ping").with_name(&[("en", "Ping")]);
/// let params = PING.add_params(&Registration::new("https://app.example/b24").user_id(1));
/// assert_eq!(params["HANDLER"], "https://app.example/b24/robot");
/// assert_eq!(params["AUTH_USER_ID"], 1);
/// ```
#[derive(Debug, Clone)]
pub struct Registration {
    public_url: String,
    user_id: Option<u64>,
}

impl Registration {
    /// At the application's public address; handler and placement paths are appended to it.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        let mut public_url = public_url.into();
        public_url.truncate(public_url.trim_end_matches('/').len());
        Self {
            public_url,
            user_id: None,
        }
    }

    /// With the tokens of this user, for definitions that name none.
    #[must_use]
    pub fn user_id(mut self, user_id: u64) -> Self {
        self.user_id = Some(user_id);
        self
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}

impl Definition {
    /// The parameters of `bizproc.robot.add` or `bizproc.activity.add`. What is empty is left out:
    /// some encodings turn an empty map into a text, which the portal refuses.
    #[must_use]
    pub fn add_params(&self, registration: &Registration) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("CODE".to_owned(), self.code.into());
        params.extend(
            self.fields(registration)
                .filter(|(_, value)| !is_empty(value)),
        );
        params
    }

    /// The parameters of `bizproc.robot.update` or `bizproc.activity.update`. Here everything is
    /// sent, the empty too: the portal keeps what is left out.
    #[must_use]
    pub fn update_params(&self, registration: &Registration) -> Map<String, Value> {
        let fields = self.fields(registration).collect::<Map<_, _>>();
        let pairs = [
            ("CODE", self.code.into()),
            ("FIELDS", Value::Object(fields)),
        ];
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }

    /// `bizproc.robot.<verb>` or `bizproc.activity.<verb>`.
    #[must_use]
    pub fn method(&self, verb: &str) -> String {
        self.kind.method(verb)
    }

    fn fields(&self, registration: &Registration) -> impl Iterator<Item = (String, Value)> {
        let wait = match self.wait_mode() {
            Wait::Always => "Y",
            Wait::Never => "N",
            Wait::AuthorDecides => "",
        };
        let user = self.auth_user_id.or(registration.user_id);
        let document_type = self
            .document_type
            .map_or_else(|| json!([]), DocumentType::to_json);
        let description = if self.description.is_empty() {
            json!("")
        } else {
            self.description.to_json()
        };
        let fields = [
            ("HANDLER", Some(registration.url(self.handler).into())),
            ("AUTH_USER_ID", user.map(Value::from)),
            ("USE_SUBSCRIPTION", Some(wait.into())),
            ("NAME", Some(self.name.to_json())),
            ("DESCRIPTION", Some(description)),
            (
                "PROPERTIES",
                Some(properties(self.properties, PropertySpec::to_input)),
            ),
            (
                "RETURN_PROPERTIES",
                Some(properties(self.returns, PropertySpec::to_output)),
            ),
            ("DOCUMENT_TYPE", Some(document_type)),
            (
                "FILTER",
                Some(self.filter.to_json().unwrap_or_else(|| json!([]))),
            ),
            ("USE_PLACEMENT", Some(flag(self.placement.is_some()))),
            (
                "PLACEMENT_HANDLER",
                self.placement.map(|path| registration.url(path).into()),
            ),
        ];
        fields
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    }
}

impl RobotKind {
    /// `bizproc.robot.<verb>` or `bizproc.activity.<verb>`.
    #[must_use]
    pub fn method(self, verb: &str) -> String {
        match self {
            Self::Robot => format!("bizproc.robot.{verb}"),
            Self::Activity => format!("bizproc.activity.{verb}"),
        }
    }
}

impl PropertySpec {
    fn to_input(self) -> Value {
        let mut attributes = self.common();
        attributes.insert("REQUIRED".to_owned(), flag(self.required));
        match self.default {
            DefaultValue::None => {}
            DefaultValue::One(value) => drop(attributes.insert("DEFAULT".to_owned(), value.into())),
            DefaultValue::List(values) => {
                attributes.insert("DEFAULT".to_owned(), values.iter().copied().collect());
            }
        }
        Value::Object(attributes)
    }

    /// `REQUIRED` means nothing on a return value. `DEFAULT` is what it holds until the reply
    /// comes, and again at each pass of a loop.
    fn to_output(self) -> Value {
        let mut attributes = self.common();
        let default = match self.default {
            DefaultValue::None => Value::Null,
            DefaultValue::One(value) => value.into(),
            DefaultValue::List(values) => values.iter().copied().collect(),
        };
        attributes.insert("DEFAULT".to_owned(), default);
        Value::Object(attributes)
    }

    fn common(self) -> Map<String, Value> {
        let mut attributes = Map::new();
        attributes.insert("NAME".to_owned(), self.name.to_json());
        if !self.description.is_empty() {
            attributes.insert("DESCRIPTION".to_owned(), self.description.to_json());
        }
        attributes.insert("TYPE".to_owned(), self.property_type.as_str().into());
        attributes.insert("MULTIPLE".to_owned(), flag(self.multiple));
        if !self.options.is_empty() {
            let options = self.options.iter();
            let options = options.map(|option| (option.key.to_owned(), option.title.into()));
            attributes.insert("OPTIONS".to_owned(), Value::Object(options.collect()));
        }
        attributes
    }
}

fn properties(specs: PropertyList, to_json: impl Fn(PropertySpec) -> Value) -> Value {
    specs
        .iter()
        .map(|spec| (spec.id.to_owned(), to_json(*spec)))
        .collect::<Map<_, _>>()
        .into()
}

fn flag(value: bool) -> Value {
    Value::from(if value { "Y" } else { "N" })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
