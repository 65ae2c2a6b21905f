//! The form that the portal posts to the page of an application.

use crate::engine::application::lifecycle::installed;
use crate::engine::application::notifications;
use crate::engine::grants::TOKEN_LIFE;
use crate::engine::handler_auth::Tokens;
use crate::model::application::INSTALLER;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::error::Error;
use crate::rules::php::{Array, Value};
use crate::rules::{php, random};

/// The address of a page, and the fields posted to it.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// With the query that names the portal.
    pub(crate) url: String,
    pub(crate) fields: Array,
}

/// Builds the form of a page at an address, for a user; `placement` is its place on the portal,
/// `options` what it shows there.
pub(crate) fn form(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    user_id: u64,
    (url, placement, options): (&str, &str, &Value),
) -> Result<Form, Error> {
    installed(state, client_id)?;
    let tokens = Tokens::issue(shared, state, client_id, user_id);
    let application = installed(state, client_id)?;
    if user_id == INSTALLER {
        notifications::store_tokens(application, &tokens);
    }
    let query: Array = [
        ("DOMAIN", Value::from(shared.domain())),
        (
            "PROTOCOL",
            i64::from(shared.url.starts_with("https://")).into(),
        ),
        ("LANG", shared.settings.language.as_str().into()),
        ("APP_SID", random::hex32().into()),
    ]
    .into_iter()
    .collect();
    let separator = if url.contains('?') { '&' } else { '?' };
    let fields = [
        ("AUTH_ID", Value::from(tokens.access_token)),
        ("AUTH_EXPIRES", TOKEN_LIFE.into()),
        (
            "REFRESH_ID",
            tokens.refresh_token.unwrap_or_default().into(),
        ),
        ("SERVER_ENDPOINT", shared.server_endpoint().into()),
        ("APPLICATION_TOKEN", application.token.as_str().into()),
        ("APPLICATION_SCOPE", shared.settings.scope.join(",").into()),
        ("member_id", shared.member_id.as_str().into()),
        ("status", application.status.letter().into()),
        ("PLACEMENT", placement.into()),
        ("PLACEMENT_OPTIONS", options.to_json().to_string().into()),
    ];
    Ok(Form {
        url: format!("{url}{separator}{}", php::http_build_query(&query.into())),
        fields: fields.into_iter().collect(),
    })
}

/// Builds the form of the application's own page, as the administrator opens it.
pub(crate) fn own_form(shared: &Shared, state: &mut State, client_id: &str) -> Result<Form, Error> {
    let url = installed(state, client_id)?.url.clone();
    let nothing = Value::Array(Array::new());
    form(
        shared,
        state,
        client_id,
        INSTALLER,
        (&url, "DEFAULT", &nothing),
    )
}
