//! The authorisation server's facts about a token.

use crate::model::caller::Caller;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};

/// `app.info` of the authorisation server: an application verifies its first installation with it.
pub(crate) fn app_info(
    shared: &Shared,
    state: &State,
    bearer: Option<&str>,
    params: &Array,
) -> RestResult {
    let token = ["auth", "access_token"]
        .iter()
        .find_map(|name| params.get(name).and_then(Value::as_text));
    let token = bearer
        .or(token)
        .ok_or_else(|| RestError::new(401, "NO_AUTH_FOUND", "Wrong authorization data"))?;
    let caller = Caller::by_token(shared, state, token)?;
    let client_id = caller.application()?;
    let expires = state
        .grants
        .tokens
        .get(token)
        .map(|grant| grant.expires)
        .unwrap_or_default();
    // `by_token` has found it.
    let application = state
        .installations
        .get(client_id)
        .cloned()
        .unwrap_or_default();
    let install: Array = [
        ("installed", Value::Bool(application.finished)),
        ("version", application.version.into()),
        ("status", application.status.letter().into()),
        ("scope", shared.settings.scope.join(",").into()),
        ("domain", shared.domain().into()),
        ("uri", "".into()),
        ("client_endpoint", shared.client_endpoint().into()),
        ("member_id", shared.member_id.as_str().into()),
        ("member_type", shared.settings.edition.code().into()),
    ]
    .into_iter()
    .collect();
    let info: Array = [
        ("client_id", Value::from(client_id)),
        ("scope", shared.settings.scope.join(",").into()),
        ("expires", shared.iso(expires).into()),
        (
            "user_id",
            Value::Int(i64::try_from(caller.user_id).unwrap_or(i64::MAX)),
        ),
        ("install", install.into()),
    ]
    .into_iter()
    .collect();
    Ok(info.into())
}
