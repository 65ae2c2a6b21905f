//! The route of REST methods, and the faults that disturb it.

use std::sync::Arc;

use axum::{
    body::{Bytes, to_bytes},
    extract::{Request as HttpRequest, State as Extract},
    response::Response,
};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    MAX_BODY,
    answer::{HTML, JSON, cut, error_response, response, too_large},
    percent_decoded,
};
use crate::{
    faults::Fault,
    history::{Answer, Body, Event},
    php::Value,
    rest::{self, Call, Caller, Method, Request, RestError},
    state::{Shared, State},
    workflow,
};

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                           Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

pub(super) async fn route(Extract(shared): Extract<Arc<Shared>>, request: HttpRequest) -> Response {
    let start = shared.now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    let path = percent_decoded(parts.uri.path().strip_prefix("/rest/").unwrap_or_default());
    let found =
        Request::read(&path, parts.uri.query(), &parts.headers, &body).and_then(|request| {
            rest::find(&shared.settings, &request.method).map(|method| (method, request))
        });
    let Some((method, request)) = found else {
        return error_response(&RestError::method_not_found());
    };
    let received = Received {
        method,
        request,
        body: body.into(),
        start,
    };
    disturbed(&shared, received).await
}

/// A call of a method that exists.
struct Received {
    method: &'static Method,
    request: Request,
    body: Body,
    start: Timestamp,
}

impl Received {
    /// What the history keeps of it, all but the answer: nothing, unless it is a reply.
    fn note(&self, shared: &Shared) -> Option<Note> {
        if self.method.name != workflow::REPLY {
            return None;
        }
        let params = &self.request.params;
        let token = params
            .iter()
            .find(|(key, _)| key.to_text().eq_ignore_ascii_case("event_token"));
        Some(Note {
            at: self.start,
            workflow_id: token
                .and_then(|(_, value)| value.as_text())
                .and_then(|text| shared.signer.read(text))
                .map(|token| token.workflow_id),
            params: Value::Array(params.clone()).to_json(),
            body: self.body.clone(),
        })
    }
}

/// A reply that is to stand in the history.
struct Note {
    at: Timestamp,
    workflow_id: Option<String>,
    params: Json,
    body: Body,
}

/// Executes a method, unless a fault that is switched on for it says otherwise.
async fn disturbed(shared: &Shared, received: Received) -> Response {
    let note = received.note(shared);
    let fault = shared.lock().faults.take_answer(received.method.name);
    if let Some(sent) = fault.as_ref().and_then(instead) {
        return respond(shared, &mut shared.lock(), note, sent);
    }
    let is_cut = fault == Some(Fault::CutAfterExecution);
    let response = execute(shared, received, note, is_cut);
    if let Some(Fault::Hang(pause)) = fault {
        tokio::time::sleep(pause).await;
    }
    response
}

/// What a fault sends instead of executing the method.
fn instead(fault: &Fault) -> Option<Sent> {
    let whole = |status, body: &'static str, kind| {
        let body = Bytes::from_static(body.as_bytes()).into();
        Some(Sent::Whole(Answer { status, body }, kind))
    };
    match fault {
        Fault::Error {
            status,
            code,
            description,
        } => {
            let error = RestError::new(*status, code, description.as_str());
            Some(answer(error.status, &rest::failure(&error)))
        }
        Fault::EmptyAnswer => whole(200, "", JSON),
        Fault::HtmlBadGateway => whole(502, BAD_GATEWAY, HTML),
        Fault::CutBeforeExecution => Some(Sent::Cut),
        _ => None,
    }
}

/// What goes back.
enum Sent {
    Whole(Answer, &'static str),
    Cut,
}

fn execute(shared: &Shared, received: Received, note: Option<Note>, is_cut: bool) -> Response {
    let Received {
        method,
        mut request,
        body,
        start,
    } = received;
    // One lock for both: a background worker must not apply the reply before it stands in the history.
    let state = &mut *shared.lock();
    let result = Caller::find(shared, state, method, &mut request).and_then(|caller| {
        let call = Call {
            method,
            start: request.start,
            params: request.params,
            body: &body,
        };
        call.execute(shared, state, &caller)
    });
    let outcome = match result {
        Ok(success) => {
            let json = rest::success(&success, start, shared.now(), &shared.settings);
            answer(200, &json)
        }
        Err(error) => answer(error.status, &rest::failure(&error)),
    };
    let sent = if is_cut { Sent::Cut } else { outcome };
    respond(shared, state, note, sent)
}

fn answer(status: u16, json: &Json) -> Sent {
    Sent::Whole(
        Answer {
            status,
            body: json.to_string().into(),
        },
        JSON,
    )
}

/// Writes a reply into the history, at the time it came, and makes the response.
fn respond(shared: &Shared, state: &mut State, note: Option<Note>, sent: Sent) -> Response {
    let (response, answer) = match sent {
        Sent::Whole(answer, kind) => (response(&answer, kind), Some(answer)),
        Sent::Cut => (cut(), None),
    };
    if let Some(note) = note {
        let event = Event::Replied {
            workflow_id: note.workflow_id,
            params: note.params,
            body: note.body,
            answer,
        };
        shared.record_at(state, note.at, event);
    }
    response
}
