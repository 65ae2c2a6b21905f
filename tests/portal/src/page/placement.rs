//! The settings page of an application, in a frame in place of the controls.

use serde_json::{Map, Value as Json, json};

use super::saved::SavedStep;
use crate::{
    dialog::{Property, field_name},
    handler_auth::Tokens,
    php::{Array, Value},
    random,
    registration::Registration,
    state::{Shared, State, TOKEN_LIFE},
    users::PEOPLE,
};

const CODE: &str = "BIZPROC_ACTIVITY_PROPERTIES_DIALOG";

/// The lists of a template, which is empty but for the step.
const TEMPLATE: [&str; 6] = [
    "parameters",
    "variables",
    "constants",
    "global_variables",
    "global_constants",
    "return_activities",
];

/// Who has the page open.
const USER: u64 = 1;

/// Everything that opens the frame.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) url: String,
    /// Names this opening of the frame.
    pub(super) app_sid: String,
    /// The form that is posted into it.
    pub(super) fields: Vec<(&'static str, String)>,
    /// What is stored by now, as hidden controls.
    pub(super) hidden: Vec<(String, String)>,
    /// What the frame's parent needs, as JSON.
    pub(super) parent: String,
}

impl Placement {
    /// Opens the settings page of a robot that has one.
    pub(super) fn open(
        shared: &Shared,
        state: &mut State,
        row: &Registration,
        properties: &[Property],
        step: &SavedStep,
    ) -> Option<Self> {
        let is_on = row.text("USE_PLACEMENT") == "Y";
        let url = state.registry.placement(&row.client_id, &row.code);
        let url = url.filter(|_| is_on)?.to_owned();
        let tokens = Tokens::issue(shared, state, &row.client_id, USER);
        let (access, refresh) = (
            tokens.access_token,
            tokens.refresh_token.unwrap_or_default(),
        );
        let token = state.installations.get(&row.client_id);
        let token = token.map(|app| app.token.clone()).unwrap_or_default();
        let options = options(shared, row, step);
        let parent = json!({
            "client_id": row.client_id,
            "user_id": USER,
            "people": PEOPLE.map(|person| json!({"id": person.id, "name": person.name(), "position": person.position})),
            "properties": properties.iter().map(|property| json!({
                "id": property.id, "name": field_name(&property.id), "multiple": property.multiple,
            })).collect::<Vec<_>>(),
            "init": {
                "LANG": shared.settings.language, "PATH": "/rest", "AUTH_ID": access,
                "AUTH_EXPIRES": TOKEN_LIFE, "REFRESH_ID": refresh, "MEMBER_ID": shared.member_id,
                "FIRST_RUN": false, "IS_ADMIN": true, "INSTALL": false, "USER_OPTIONS": {},
                "APP_OPTIONS": {}, "PLACEMENT": CODE, "PLACEMENT_OPTIONS": options,
            },
        });
        let fields = [
            ("AUTH_ID", access),
            ("AUTH_EXPIRES", TOKEN_LIFE.to_string()),
            ("REFRESH_ID", refresh),
            ("SERVER_ENDPOINT", shared.server_endpoint()),
            ("APPLICATION_TOKEN", token),
            ("APPLICATION_SCOPE", shared.settings.scope.join(",")),
            ("member_id", shared.member_id.clone()),
            ("status", "L".to_owned()),
            ("PLACEMENT", CODE.to_owned()),
            ("PLACEMENT_OPTIONS", options.to_string()),
        ];
        Some(Self {
            url,
            app_sid: random::hex32(),
            fields: fields.into(),
            hidden: hidden(step.values.as_ref(), properties),
            parent: parent.to_string(),
        })
    }
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
fn options(shared: &Shared, row: &Registration, step: &SavedStep) -> Json {
    let map = |array: &Array| -> Map<String, Json> {
        let pairs = array.iter();
        pairs
            .map(|(key, value)| (key.to_text(), value.to_json()))
            .collect()
    };
    let registered = row.properties("PROPERTIES");
    let defaults = registered.iter().map(|(key, property)| {
        let default = property
            .as_array()
            .and_then(|property| property.get("DEFAULT"));
        (key.clone(), default.cloned().unwrap_or_default())
    });
    let current = step.values.clone().unwrap_or_else(|| defaults.collect());
    let fields: Map<String, Json> = step
        .document
        .fields
        .iter()
        .map(|(name, _)| (name.clone(), json!({"Name": name, "Type": "string"})))
        .collect();
    let mut options = json!({
        "code": row.code,
        "activity_name": random::activity_name(),
        "properties": map(&registered),
        "current_values": map(&current),
        "document_type": step.document.document_type(),
        "document_fields": fields,
    });
    if let Some(options) = options.as_object_mut()
        && shared.settings.platform.placement_template
    {
        let lists = TEMPLATE.map(|name| (name.to_owned(), json!([])));
        let template: Map<String, Json> = lists.into_iter().collect();
        options.insert("template".to_owned(), template.into());
    }
    options
}
