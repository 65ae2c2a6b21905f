//! The request a step sends to its handler.

use crate::engine::handler_auth::Tokens;
use crate::engine::{handler_auth, queue};
use crate::model::document::DocumentId;
use crate::model::faults::{Fault, Group};
use crate::model::queue::{Parcel, Queued};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};
use crate::rules::settings::CallTokens;
use crate::rules::token::EventToken;
use crate::rules::{php, random};

/// The facts that a step knows when it is executed.
pub(crate) struct Call {
    pub(crate) token: EventToken,
    pub(crate) client_id: String,
    pub(crate) code: String,
    pub(crate) document_id: DocumentId,
    pub(crate) document_type: [String; 3],
    pub(crate) properties: Array,
    /// The effective waiting mode; `None` is null, which the form omits.
    pub(crate) use_subscription: Option<String>,
    pub(crate) timeout_seconds: i64,
    /// Whose tokens the handler gets.
    pub(crate) owner: Option<u64>,
}

/// Builds the body of the call, in the platform's order.
fn body(shared: &Shared, state: &mut State, call: &Call) -> String {
    // Calls of a dismissed owner have no tokens, if they are made at all.
    let owner = call.owner.filter(|user| !state.users.is_dismissed(*user));
    let skew = match state.faults.take(Group::Clock) {
        Some(Fault::ClockSkew(seconds)) => seconds,
        _ => 0,
    };
    let tokens = owner
        .and_then(|user| issue_tokens(shared, state, &call.client_id, user))
        .map(|tokens| tokens.skewed(skew));
    let application_token = if state.faults.take(Group::ApplicationToken).is_some() {
        random::hex32()
    } else {
        state
            .installations
            .get(&call.client_id)
            .map(|app| app.token.clone())
            .unwrap_or_default()
    };
    let form: Array = [
        ("workflow_id", Value::from(call.token.workflow_id.as_str())),
        ("code", call.code.as_str().into()),
        ("document_id", Value::list(&call.document_id)),
        ("document_type", Value::list(&call.document_type)),
        ("event_token", shared.signer.sign(&call.token).into()),
        ("properties", properties(shared, &call.properties).into()),
        (
            "use_subscription",
            call.use_subscription
                .clone()
                .map_or(Value::Null, Value::Text),
        ),
        ("timeout_duration", call.timeout_seconds.into()),
        ("ts", shared.now().as_second().saturating_add(skew).into()),
        (
            "auth",
            handler_auth::block(shared, tokens.as_ref(), &application_token).into(),
        ),
    ]
    .into_iter()
    .collect();
    php::http_build_query(&form.into())
}

/// Issues the tokens that the portal is set to send, unless a fault spoils them.
fn issue_tokens(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    user_id: u64,
) -> Option<Tokens> {
    let fault = match shared.settings.call_tokens {
        CallTokens::None => return None,
        CallTokens::Both | CallTokens::AccessOnly => state.faults.take(Group::Tokens),
    };
    if fault == Some(Fault::CallWithoutTokens) {
        return None;
    }
    let tokens = match shared.settings.call_tokens {
        CallTokens::AccessOnly => Tokens::access_only(shared, state, client_id, user_id),
        CallTokens::Both | CallTokens::None => Tokens::issue(shared, state, client_id, user_id),
    };
    match fault {
        Some(Fault::CallWithExpiredToken) => {
            state.grants.expire(&tokens.access_token, shared.now());
        }
        Some(Fault::CallWithSpentRefreshToken) => {
            let spent = tokens.refresh_token.as_deref().unwrap_or_default();
            state.grants.refresh_tokens.remove(spent);
        }
        _ => {}
    }
    Some(tokens)
}

/// Returns the properties; single values become lists of one if the portal is set to send them so.
fn properties(shared: &Shared, properties: &Array) -> Array {
    let wrap = |value: &Value| match value {
        single if shared.settings.single_wrapped && single.as_array().is_none() => {
            [single.clone()].into_iter().collect::<Array>().into()
        }
        value => value.clone(),
    };
    properties
        .iter()
        .map(|(key, value)| (key.clone(), wrap(value)))
        .collect()
}

/// Sends the call through the queue, which may lose, double or delay it.
pub(crate) fn send(shared: &Shared, state: &mut State, call: &Call, url: &str) -> Queued {
    let parcel = Parcel::Call(call.token.clone());
    queue::send(shared, state, parcel, url, |state| {
        body(shared, state, call)
    })
}
