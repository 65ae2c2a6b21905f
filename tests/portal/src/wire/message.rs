//! A message that the portal hands to the sender of an application.

use crate::engine::handler_auth;
use crate::engine::handler_auth::Tokens;
use crate::model::document::Document;
use crate::model::history::{Delivery, Event};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::users::ADMINISTRATOR;
use crate::rules::error::Error;
use crate::rules::php::{Array, Value};
use crate::rules::{php, random};
use crate::wire::delivery;

/// Posts a message to the first sender with a code, as a step of a workflow does.
pub(crate) async fn send(
    shared: &Shared,
    code: &str,
    to: &str,
    text: &str,
) -> Result<Delivery, Error> {
    let at = shared.now();
    let (client_id, mut request) = {
        let state = &mut *shared.lock();
        let sender = state.senders.by_code(code);
        let (client_id, handler) = sender.ok_or_else(|| Error::NoSender {
            code: code.to_owned(),
        })?;
        let body = form(shared, state, &client_id, (code, to, text));
        (client_id, Delivery::to(&handler, body))
    };
    delivery::post(shared, &mut request).await;
    let event = Event::MessageSent {
        client_id,
        code: code.to_owned(),
        request: request.clone(),
    };
    shared.record_at(&mut shared.lock(), at, event);
    Ok(request)
}

fn form(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    (code, to, text): (&str, &str, &str),
) -> String {
    let tokens = Tokens::issue(shared, state, client_id, ADMINISTRATOR);
    let application = state.installations.get(client_id);
    let application_token = application.map(|app| app.token.clone()).unwrap_or_default();
    let document = Document::default();
    let properties: Array = [
        ("phone_number", Value::from(to)),
        ("message_text", text.into()),
    ]
    .into_iter()
    .collect();
    let form: Array = [
        ("module_id", Value::from("bizproc")),
        ("type", "SMS".into()),
        ("code", code.into()),
        ("message_id", random::hex32().into()),
        ("message_to", to.into()),
        ("message_body", text.into()),
        ("properties", properties.into()),
        ("workflow_id", random::workflow_id(shared.now()).into()),
        ("document_id", Value::list(document.document_id())),
        ("document_type", Value::list(document.document_type())),
        ("ts", shared.now().as_second().into()),
        (
            "auth",
            handler_auth::block(shared, Some(&tokens), &application_token).into(),
        ),
    ]
    .into_iter()
    .collect();
    php::http_build_query(&form.into())
}
