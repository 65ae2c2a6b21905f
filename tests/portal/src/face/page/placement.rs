//! The settings page of an application, in a frame in place of the controls.

use serde_json::{Value as Json, json};

use crate::engine::application::form;
use crate::face::page::frame::segment;
use crate::face::page::saved_steps::SavedStep;
use crate::model::registry::Registration;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::users::{ADMINISTRATOR, PEOPLE};
use crate::rules::dialog::{Property, field_name};
use crate::rules::php::{Array, Value};
use crate::rules::random;
use crate::rules::settings::Settings;

const CODE: &str = "BIZPROC_ACTIVITY_PROPERTIES_DIALOG";

/// The scopes that an application needs for a settings page.
const SCOPES: [&str; 2] = ["bizproc", "placement"];

/// The parts of a template besides its steps. The form sets up a single step of a template that has
/// nothing else.
const TEMPLATE: [&str; 6] = [
    "parameters",
    "variables",
    "constants",
    "global_variables",
    "global_constants",
    "return_activities",
];

/// Everything that opens the frame.
#[derive(Debug)]
pub(crate) struct Placement {
    /// With the query that names the portal and this opening.
    pub(crate) url: String,
    /// Names this opening of the frame.
    pub(crate) app_sid: String,
    /// The form that is posted into it.
    pub(crate) fields: Vec<(String, String)>,
    /// The values stored so far, as hidden controls.
    pub(crate) hidden: Vec<(String, String)>,
    /// What the frame's parent needs, as JSON.
    pub(crate) parent: String,
    /// Whether a button opens it.
    pub(crate) by_button: bool,
}

impl Placement {
    /// Opens the settings page of a robot that has one.
    pub(crate) fn open(
        shared: &Shared,
        state: &mut State,
        row: &Registration,
        properties: &[Property],
        step: &SavedStep,
    ) -> Option<Self> {
        let settings = &shared.settings;
        if !replaces_controls(row, settings) {
            return None;
        }
        let own = state.registry.placement(&row.client_id, &row.code)?;
        let app = state.installations.get(&row.client_id)?;
        // Until its installation has finished, an application shows its installation page wherever
        // it is opened.
        let url = if app.finished { own } else { &app.url }.to_owned();
        let is_finished = app.finished;
        let options = Value::Array(options(settings, row, step));
        let at = (url.as_str(), CODE, &options);
        let posted = form::form(shared, state, &row.client_id, ADMINISTRATOR, at).ok()?;
        let text = |name: &str| posted.fields.get(name).map(Value::to_text);
        let parent = json!({
            "client_id": row.client_id,
            "user_id": ADMINISTRATOR,
            "people": PEOPLE.map(|person| json!({"id": person.id, "name": person.name(), "position": person.position})),
            "properties": properties.iter().map(|property| json!({
                "id": property.id, "name": field_name(&property.id), "multiple": property.multiple,
            })).collect::<Vec<_>>(),
            "init": {
                "LANG": settings.language, "PATH": "/rest", "AUTH_ID": text("AUTH_ID"),
                "AUTH_EXPIRES": posted.fields.get("AUTH_EXPIRES").map(Value::to_json),
                "REFRESH_ID": text("REFRESH_ID"), "MEMBER_ID": shared.member_id,
                "FIRST_RUN": false, "IS_ADMIN": true, "INSTALL": !is_finished, "USER_OPTIONS": {},
                "APP_OPTIONS": {}, "PLACEMENT": CODE, "PLACEMENT_OPTIONS": options.to_json(),
            },
        });
        let fields = posted.fields.iter();
        // It is the last parameter of the address.
        let (_, app_sid) = posted.url.rsplit_once('=')?;
        Some(Self {
            app_sid: app_sid.to_owned(),
            fields: fields
                .map(|(name, value)| (name.to_text(), value.to_text()))
                .collect(),
            url: posted.url,
            hidden: hidden(step.values.as_ref(), properties),
            parent: parent.to_string(),
            by_button: settings.platform.placement_button_only,
        })
    }
}

/// Whether the settings page replaces the controls.
pub(crate) fn replaces_controls(row: &Registration, settings: &Settings) -> bool {
    let has = |needed: &&str| settings.scope.iter().any(|scope| scope == needed);
    row.text("USE_PLACEMENT") == "Y" && SCOPES.iter().all(has)
}

fn hidden(values: Option<&Array>, properties: &[Property]) -> Vec<(String, String)> {
    let mut hidden = Vec::new();
    for property in properties {
        let name = field_name(&property.id);
        match values.and_then(|values| values.isset(&property.id)) {
            None => {}
            Some(Value::Array(list)) => {
                let name = format!("{name}[]");
                hidden.extend(list.values().map(|value| (name.clone(), value.to_text())));
            }
            Some(value) => hidden.push((name, value.to_text())),
        }
    }
    hidden
}

/// `PLACEMENT_OPTIONS`.
fn options(settings: &Settings, row: &Registration, step: &SavedStep) -> Array {
    let registered = row.properties("PROPERTIES");
    let defaults = registered.iter().map(|(key, property)| {
        let default = property
            .as_array()
            .and_then(|property| property.get("DEFAULT"));
        (key.clone(), default.cloned().unwrap_or_default())
    });
    let current = step.values.clone().unwrap_or_else(|| defaults.collect());
    let fields = step.document.fields.iter().map(|(name, _)| {
        let field = json!({"Name": name, "Type": "string"});
        (name.as_str(), Value::from(field))
    });
    let list = |part: [String; 3]| Value::from(Json::from(part.to_vec()));
    let mut options: Array = [
        ("code", Value::from(row.code.as_str())),
        ("activity_name", random::activity_name().into()),
        ("properties", Value::Array(registered.clone())),
        ("current_values", Value::Array(current)),
        ("document_type", list(step.document.document_type())),
        ("document_fields", Value::Array(fields.collect())),
    ]
    .into_iter()
    .collect();
    if settings.platform.placement_template {
        let lists = TEMPLATE.map(|name| (name, Value::Array(Array::new())));
        options.insert("template", Value::Array(lists.into_iter().collect()));
    }
    options.insert("URI", page(row));
    options
}

/// The page that the frame is in.
pub(crate) fn page(row: &Registration) -> String {
    format!("/robot/{}/{}", segment(&row.client_id), segment(&row.code))
}
