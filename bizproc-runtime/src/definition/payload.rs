//! Definitions as parameters of `bizproc.robot.add` and `bizproc.robot.update`, and of the same
//! methods for activities.
//!
//! The names of attributes and languages are sent in upper case, which all versions of the portal
//! accept in `add` and in `update`.

use serde_json::{Map, Value, json};

use super::{DefaultValue, Definition, DocumentType, PropertyList, PropertySpec, RobotKind, Wait};

/// The data that a registration needs besides the definition: the application's public address, and
/// the user whose tokens the calls carry.
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
    /// Creates a registration for the application's public address, to which the paths of handlers
    /// and settings pages are appended.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into().trim_end_matches('/').to_owned(),
            user_id: None,
        }
    }

    /// Sets the user whose tokens the calls carry, for definitions that name none.
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
    /// The parameters of `bizproc.robot.add` or `bizproc.activity.add`.
    ///
    /// Empty values are left out: some encodings turn an empty map into a text, which the portal
    /// refuses.
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

    /// The parameters of `bizproc.robot.update` or `bizproc.activity.update`.
    ///
    /// Empty values are included: the portal keeps the old value of a parameter that is missing.
    #[must_use]
    pub fn update_params(&self, registration: &Registration) -> Map<String, Value> {
        let fields = self.fields(registration).collect();
        let mut params = Map::new();
        params.insert("CODE".to_owned(), self.code.into());
        params.insert("FIELDS".to_owned(), Value::Object(fields));
        params
    }

    /// `bizproc.robot.<verb>` or `bizproc.activity.<verb>`.
    #[must_use]
    pub fn method(&self, verb: &str) -> String {
        self.kind.method(verb)
    }

    /// All parameters but the code, the empty ones included.
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
        [
            ("HANDLER", Some(registration.url(self.handler).into())),
            ("AUTH_USER_ID", user.map(Value::from)),
            ("USE_SUBSCRIPTION", Some(wait.into())),
            ("NAME", Some(self.name.to_json())),
            ("DESCRIPTION", Some(description)),
            (
                "PROPERTIES",
                Some(list_to_json(
                    self.properties,
                    PropertySpec::property_to_json,
                )),
            ),
            (
                "RETURN_PROPERTIES",
                Some(list_to_json(
                    self.returns,
                    PropertySpec::return_value_to_json,
                )),
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
        ]
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
    fn property_to_json(self) -> Value {
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

    /// A return value has no `REQUIRED`. Its `DEFAULT` is its value until the reply arrives, and again
    /// at the start of each pass of a loop.
    fn return_value_to_json(self) -> Value {
        let mut attributes = self.common();
        let default = match self.default {
            DefaultValue::None => Value::Null,
            DefaultValue::One(value) => value.into(),
            DefaultValue::List(values) => values.iter().copied().collect(),
        };
        attributes.insert("DEFAULT".to_owned(), default);
        Value::Object(attributes)
    }

    /// The attributes that properties and return values share.
    fn common(self) -> Map<String, Value> {
        let mut attributes = Map::new();
        attributes.insert("NAME".to_owned(), self.name.to_json());
        if !self.description.is_empty() {
            attributes.insert("DESCRIPTION".to_owned(), self.description.to_json());
        }
        attributes.insert("TYPE".to_owned(), self.property_type.as_str().into());
        attributes.insert("MULTIPLE".to_owned(), flag(self.multiple));
        if !self.options.is_empty() {
            let options = self
                .options
                .iter()
                .map(|option| (option.key.to_owned(), option.title.into()))
                .collect();
            attributes.insert("OPTIONS".to_owned(), Value::Object(options));
        }
        attributes
    }
}

fn list_to_json(specs: PropertyList, to_json: impl Fn(PropertySpec) -> Value) -> Value {
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
