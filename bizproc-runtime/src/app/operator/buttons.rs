//! The buttons of the page: retry a dead letter, resume a paused portal.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::frame::{failed, refused, see_other};
use super::guard;
use super::page::Page;
use super::text;
use crate::portal::printable;

/// The longest form that a button sends, in bytes.
const FORM_BYTES: usize = 4096;

/// Retries a dead letter.
pub(super) async fn retry(
    Extract(page): Extract<Arc<Page>>,
    Path(number): Path<String>,
    body: Body,
) -> Response {
    if let Err(response) = form_value(&page, body, "").await {
        return response;
    }
    let call = match text::found(&page, &number).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    match page.store().retry_dead(&call.event_token).await {
        Ok(true) => {
            tracing::info!(
                portal = call.member_id,
                robot = call.code,
                event = ?call.event_token,
                "an operator retries the call"
            );
            see_other(&format!("{}/-/calls/{}", page.base(), call.number))
        }
        Ok(false) => {
            let text = "The call is no longer a dead letter: another operator has retried it.";
            refused(&page, StatusCode::CONFLICT, text)
        }
        Err(error) => failed(&page, &error),
    }
}

/// Resumes a paused portal.
pub(super) async fn resume(Extract(page): Extract<Arc<Page>>, body: Body) -> Response {
    let member_id = match form_value(&page, body, "portal").await {
        Ok(member_id) => member_id,
        Err(response) => return response,
    };
    let portal = printable(&member_id);
    tracing::info!(%portal, "an operator resumes the portal");
    page.outbox().resume(&member_id);
    see_other(&format!("{}/-/calls", page.base()))
}

/// One field of a button's form; `Err` is the response to a form that is not the page's own.
async fn form_value(page: &Page, body: Body, key: &str) -> Result<String, Response> {
    let body = page.reader().read_at_most(body, FORM_BYTES).await;
    let bytes = body.map(|body| body.bytes).unwrap_or_default();
    let field = |name: &str| {
        form_urlencoded::parse(&bytes)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    if guard::is_own_form(page, field("form_token").as_deref()) {
        return Ok(field(key).unwrap_or_default());
    }
    let text = "The form is out of date: the program may have been restarted since the page was \
                loaded. Go back, reload the page and press the button again.";
    Err(refused(page, StatusCode::FORBIDDEN, text))
}
