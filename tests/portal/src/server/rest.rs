//! The route of REST methods, and the faults that disturb it.

use std::{sync::Arc, time::Duration};

use axum::{
    body::to_bytes,
    extract::{Extension, Request as HttpRequest, State as Extract},
    http::Method,
    response::Response,
};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    MAX_BODY,
    answer::{
        HTML, JSON, cut_after, moved, preflight, response, rest_3_has_no_such_method, too_large,
    },
    connection::Peer,
    percent_decoded,
};
use crate::{
    faults::Fault,
    history::{Answer, Body},
    php::Array,
    rest::{self, Call, Caller, Note, Request, RestError, Wire, batch},
    state::{Shared, State},
};

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                           Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

const GATEWAY_TIMEOUT: &str = "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 \
                               Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n";

pub(super) async fn route(
    Extract(shared): Extract<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: HttpRequest,
) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight();
    }
    let start = shared.now();
    let (parts, body) = request.into_parts();
    let path = percent_decoded(parts.uri.path().strip_prefix("/rest/").unwrap_or_default());
    if let Err(error) = admit(&shared, &peer, start) {
        return refuse(&shared, &path, &Array::new(), Body::default(), &error);
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    if Request::is_of_rest_3(&path) {
        return rest_3_has_no_such_method();
    }
    let target = parts.uri.path_and_query().map(ToString::to_string);
    let request = Request::read(&path, parts.uri.query(), &parts.headers, &body).await;
    let mut request = request.unwrap_or_default();
    let Some(method) = rest::find(&shared.settings, &request.method) else {
        let error = RestError::method_not_found();
        return refuse(&shared, &path, &request.params, body.into(), &error);
    };
    let page = rest::take_paging(&mut request.params);
    let received = Received {
        method,
        request,
        body: body.into(),
        start,
        page,
        is_encrypted: peer.is_encrypted,
        target: target.unwrap_or_default(),
    };
    disturbed(&shared, received).await
}

/// Refuses what reaches no method.
fn refuse(shared: &Shared, path: &str, params: &Array, body: Body, error: &RestError) -> Response {
    let note = Note::new(shared, path, params, body);
    let status = error.status_in(shared.settings.status_profile);
    let sent = answer(status, &rest::failure(error));
    respond(shared, &mut shared.lock(), note, sent)
}

/// The front end's limit, which stands before everything else.
fn admit(shared: &Shared, peer: &Peer, now: Timestamp) -> Result<(), RestError> {
    let plan = shared.settings.rate_plan();
    shared.lock().buckets.admit(plan, peer.address, now)
}

/// A call of a method that exists.
struct Received {
    method: &'static rest::Method,
    request: Request,
    body: Body,
    start: Timestamp,
    /// Where a list is to begin.
    page: i64,
    is_encrypted: bool,
    /// Path and query as they came.
    target: String,
}

/// Executes a method, unless a fault that is switched on for it says otherwise.
async fn disturbed(shared: &Arc<Shared>, received: Received) -> Response {
    let note = Note::new(
        shared,
        received.method.name,
        &received.request.params,
        received.body.clone(),
    );
    let fault = take_fault(&mut shared.lock(), &received);
    if let Some(sent) = fault.as_ref().and_then(|fault| instead(fault, &received)) {
        return respond(shared, &mut shared.lock(), note, sent);
    }
    let hang = match fault {
        Some(Fault::Hang(pause)) => Some(pause),
        _ => None,
    };
    let response = execute(shared, received, note, fault.as_ref());
    if let Some(pause) = hang {
        tokio::time::sleep(pause).await;
    }
    response
}

/// A fault of the method itself, or one of the connection that a command of a batch meets.
fn take_fault(state: &mut State, received: &Received) -> Option<Fault> {
    let own = state.faults.take_answer(received.method.name);
    if own.is_some() || received.method.name != batch::NAME {
        return own;
    }
    let names = batch::names(&received.request.params);
    names
        .iter()
        .find_map(|name| state.faults.take_inside(&name.to_lowercase(), false))
}

/// What a fault sends instead of executing the method.
fn instead(fault: &Fault, received: &Received) -> Option<Sent> {
    let whole = |status, body: &'static str, kind| {
        let body = body.into();
        Some(Sent::Whole(Answer { status, body }, kind))
    };
    match fault {
        Fault::Error {
            status,
            code,
            description,
        } => {
            // The status is the test's choice, whatever table is in force.
            let error = RestError::new(*status, code, description.as_str());
            Some(answer(*status, &rest::failure(&error)))
        }
        Fault::EmptyAnswer => whole(200, "", JSON),
        Fault::HtmlBadGateway => whole(502, BAD_GATEWAY, HTML),
        Fault::CutBeforeExecution => Some(Sent::CutAfter(0, None)),
        Fault::Moved(to) => {
            let path = received.target.strip_prefix('/').unwrap_or_default();
            Some(Sent::Moved(format!("{}/{path}", to.trim_end_matches('/'))))
        }
        _ => None,
    }
}

/// What a fault sends when the method was executed.
fn afterwards(fault: &Fault) -> Option<Sent> {
    match fault {
        Fault::ErrorAfterExecution {
            status,
            code,
            description,
        } => {
            let error = RestError::new(*status, code, description.as_str());
            Some(answer(*status, &rest::failure(&error)))
        }
        Fault::HtmlGatewayTimeout => {
            let body = GATEWAY_TIMEOUT.into();
            Some(Sent::Whole(Answer { status: 504, body }, HTML))
        }
        _ => None,
    }
}

/// What goes back.
enum Sent {
    Whole(Answer, &'static str),
    /// The beginning of an answer, so many bytes long.
    CutAfter(usize, Option<Answer>),
    Moved(String),
}

fn execute(
    shared: &Arc<Shared>,
    received: Received,
    note: Note,
    fault: Option<&Fault>,
) -> Response {
    let Received {
        method,
        mut request,
        body,
        start,
        page,
        is_encrypted,
        ..
    } = received;
    let cut = match fault {
        Some(Fault::CutAfterExecution) => Some(0),
        Some(Fault::CutAfterBytes(bytes)) => Some(*bytes),
        _ => None,
    };
    let slowness = match fault {
        Some(Fault::Slow(slowness)) => *slowness,
        _ => Duration::ZERO,
    };
    // One lock for all: a background worker must not apply the reply before it stands in the history.
    let state = &mut *shared.lock();
    let result =
        Caller::find(shared, state, method, &mut request, is_encrypted).and_then(|caller| {
            let call = Call {
                method,
                start: page,
                params: request.params,
                wire: Wire {
                    body: &body,
                    is_answered: cut.is_none(),
                },
                slowness,
            };
            call.execute(shared, state, &caller)
        });
    let settings = &shared.settings;
    let whole = match result {
        Ok(success) => {
            let json = rest::success(&success, start, shared.now(), settings);
            answer(200, &json)
        }
        Err(error) => answer(
            error.status_in(settings.status_profile),
            &rest::failure(&error),
        ),
    };
    let sent = match (cut, whole) {
        (Some(bytes), Sent::Whole(answer, _)) => Sent::CutAfter(bytes, Some(answer)),
        (_, whole) => fault.and_then(afterwards).unwrap_or(whole),
    };
    respond(shared, state, note, sent)
}

fn answer(status: u16, json: &Json) -> Sent {
    let body = json.to_string().into();
    Sent::Whole(Answer { status, body }, JSON)
}

/// Writes a call into the history, at the time it came, and makes the response.
fn respond(shared: &Shared, state: &mut State, note: Note, sent: Sent) -> Response {
    let (response, answer) = match sent {
        Sent::Whole(answer, kind) => (response(&answer, kind), Some(answer)),
        Sent::CutAfter(bytes, answer) => {
            let whole = answer.map(|answer| response(&answer, JSON));
            (cut_after(bytes, whole.unwrap_or_default()), None)
        }
        Sent::Moved(location) => moved(&location),
    };
    note.record(shared, state, answer);
    response
}
