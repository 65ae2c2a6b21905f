//! The HTTP side: what portals post, and what they are answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shares;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::install;
use super::service::Shared;
use crate::call::Envelope;
use crate::call::form;
use crate::error::{Error, Kind, Result};
use crate::portal::{Auth, Portal, shown};
use crate::store::{Acceptance, NewCall};

/// The longest body of a request, in bytes; what is longer is refused unread.
///
/// The platform names no limit. A text property holds at most 64 KiB on the portal.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;

/// The path, below the public address, that takes installations and other events.
pub const INSTALL_PATH: &str = "/install";

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let base = shared.public_url.path().trim_end_matches('/');
    let paths = shared
        .routes
        .values()
        .map(|route| route.definition.handler_path());
    let mut router = Router::new().route(&format!("{base}{INSTALL_PATH}"), post(take_event));
    for path in paths.collect::<BTreeSet<_>>() {
        router = router.route(&format!("{base}{path}"), post(take_call));
    }
    router.with_state(Arc::clone(shared))
}

async fn take_call(Shares(shared): Shares<Arc<Shared>>, body: Body) -> Response {
    answer(accept(&shared, body).await)
}

async fn take_event(Shares(shared): Shares<Arc<Shared>>, body: Body) -> Response {
    let event = async { install::take(&shared, &read(body).await?).await };
    answer(event.await)
}

/// Proves who calls and keeps the call; everything else is done later, because the portal calls
/// handlers less often that answer slowly.
async fn accept(shared: &Shared, body: Body) -> Result<&'static str> {
    let body = read(body).await?;
    let form = form(&body, &shared.limits)?;
    let envelope = Envelope::of(&form)?;
    prove(shared, &envelope.auth).await?;
    let Envelope {
        event_token, code, ..
    } = envelope;
    drop(form);
    let member_id = envelope.auth.member_id;
    let call = NewCall {
        event_token,
        member_id,
        code: code.clone(),
        body,
    };
    let acceptance = shared.store.accept(call).await?;
    if !shared.routes.contains_key(code.as_str()) {
        return Err(shared.unknown_robot(&code));
    }
    Ok(match acceptance {
        Acceptance::New => "accepted",
        Acceptance::Duplicate => "duplicate",
    })
}

/// The stored portal that the request proves to come from.
pub(super) async fn prove(shared: &Shared, auth: &Auth) -> Result<Portal> {
    let portal = shared.store.portal(&auth.member_id).await?.ok_or_else(|| {
        let member_id = shown(&auth.member_id);
        let message = format!("the application is not installed on portal `{member_id}`");
        Error::new(Kind::Forged, message)
    })?;
    portal.verify(auth)?;
    Ok(portal)
}

async fn read(body: Body) -> Result<Vec<u8>> {
    to_bytes(body, BODY_BYTES)
        .await
        .map(Vec::from)
        .map_err(|error| {
            let too_long = std::error::Error::source(&error)
                .is_some_and(|source| source.to_string().contains("length limit exceeded"));
            if too_long {
                let message = format!("the body is longer than {BODY_BYTES} bytes");
                return Error::new(Kind::Request, message).with_status(413);
            }
            Error::new(
                Kind::Request,
                format!("the body could not be read: {error}"),
            )
        })
}

/// The portal never sees an answer; it is for whoever tries the address by hand.
fn answer(result: Result<&'static str>) -> Response {
    let (status, body) = match result {
        Ok(status) => (StatusCode::OK, json!({"status": status})),
        Err(error) => {
            tracing::error!(kind = ?error.kind(), "{error}");
            let text = error.to_string();
            (status_of(&error), json!({"error": text}))
        }
    };
    let header = [(header::CONTENT_TYPE, "application/json")];
    (status, header, body.to_string()).into_response()
}

fn status_of(error: &Error) -> StatusCode {
    match (error.kind(), error.status()) {
        (Kind::Request, Some(413)) => StatusCode::PAYLOAD_TOO_LARGE,
        (Kind::Request, _) => StatusCode::BAD_REQUEST,
        (Kind::Forged, _) => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
