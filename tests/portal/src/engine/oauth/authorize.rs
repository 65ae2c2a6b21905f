//! The first step of an authorisation: a code.

use jiff::SignedDuration;

use crate::model::codes::Code;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::users::ADMINISTRATOR;
use crate::rules::php::{Array, Value};
use crate::rules::{php, random};

/// In seconds.
const CODE_LIFE: i64 = 30;

/// Sends a browser back to its application with a code; `None` if there is no such application.
///
/// A real portal knows the user by a session; here it is the administrator, or the user in the
/// parameter `user_id`.
pub(crate) fn authorize(shared: &Shared, state: &mut State, params: &Array) -> Option<String> {
    let text = |name: &str| params.get(name).and_then(Value::as_text);
    let client_id = text("client_id")?;
    let application = state
        .installations
        .get(client_id)
        .filter(|application| application.installed)?;
    let user_id = text("user_id").map_or(Some(ADMINISTRATOR), |user| user.parse().ok())?;
    if state.users.is_dismissed(user_id) {
        return None;
    }
    let url = application.url.clone();
    let now = shared.now();
    state.codes.0.retain(|_, code| code.expires > now);
    let code = random::alphanumeric(70);
    let life = SignedDuration::from_secs(CODE_LIFE);
    state.codes.0.insert(
        code.clone(),
        Code {
            client_id: client_id.to_owned(),
            user_id,
            expires: now.checked_add(life).ok()?,
        },
    );
    let back: Array = [
        ("code", Value::from(code)),
        ("state", text("state").unwrap_or_default().into()),
        ("domain", shared.domain().into()),
        ("member_id", shared.member_id.as_str().into()),
        ("scope", shared.settings.scope.join(",").into()),
        ("server_domain", shared.oauth_domain().into()),
    ]
    .into_iter()
    .collect();
    let glue = if url.contains('?') { '&' } else { '?' };
    Some(format!(
        "{url}{glue}{}",
        php::http_build_query(&back.into())
    ))
}
