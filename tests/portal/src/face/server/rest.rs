//! The route of REST methods, and the faults that disturb it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Extension, Request as HttpRequest, State as Extract};
use axum::http::Method;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::sync::oneshot;

use crate::face::server::connection::Peer;
use crate::face::server::request::{MAX_BODY, percent_decoded};
use crate::face::server::response::{
    HTML, JSON, cut_after, moved, preflight, rest_3_has_no_such_method, to_axum, too_large,
};
use crate::methods::batch;
use crate::methods::table::TABLE;
use crate::model::caller::Caller;
use crate::model::faults::Fault;
use crate::model::history::{Body, HttpResponse};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::rest_error::RestError;
use crate::wire::rest::call::Call;
use crate::wire::rest::call_record::CallRecord;
use crate::wire::rest::envelope::Success;
use crate::wire::rest::format::Format;
use crate::wire::rest::method::{Execute, Run, Wire};
use crate::wire::rest::request::{Request, take_paging};
use crate::wire::rest::{envelope, method};

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                           Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

const GATEWAY_TIMEOUT: &str = "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 \
                               Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n";

const WRONG_ENCODING: &str =
    r#"{"error":"WRONG_ENCODING","error_description":"Wrong request encoding"}"#;

pub(crate) async fn route(
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
        let unread = Request::default();
        return refuse(&shared, &path, &unread, Body::default(), &error);
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    if Request::is_of_rest_3(&path) {
        return rest_3_has_no_such_method();
    }
    let target = parts.uri.path_and_query().map(ToString::to_string);
    let mut request = Request::read(&path, parts.uri.query(), &parts.headers, &body)
        .await
        .unwrap_or_default();
    let method = TABLE.find(&shared.settings, &request.method);
    let Some(method) = method.filter(|method| method.is_meant_by(&request.params)) else {
        let error = RestError::method_not_found();
        return refuse(&shared, &path, &request, body.into(), &error);
    };
    let page = take_paging(&mut request.params);
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

/// Refuses a request that reaches no method.
fn refuse(
    shared: &Shared,
    path: &str,
    request: &Request,
    body: Body,
    error: &RestError,
) -> Response {
    let record = CallRecord::new(shared, path, &request.params, body);
    let status = error.status_in(shared.settings.status_profile);
    let sent = formatted(request, status, &envelope::failure(error));
    respond(shared, &mut shared.lock(), record, sent)
}

/// Applies the front end's limit, before anything else.
fn admit(shared: &Shared, peer: &Peer, now: Timestamp) -> Result<(), RestError> {
    let plan = shared.settings.rate_plan();
    shared.lock().buckets.admit(plan, peer.address, now)
}

/// A call of a method that exists.
struct Received {
    method: &'static method::Method,
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
async fn disturbed(shared: &Shared, received: Received) -> Response {
    let record = CallRecord::new(
        shared,
        received.method.name,
        &received.request.params,
        received.body.clone(),
    );
    let fault = take_fault(&mut shared.lock(), &received);
    if let Some(sent) = fault.as_ref().and_then(|fault| instead(fault, &received)) {
        return respond(shared, &mut shared.lock(), record, sent);
    }
    let hang = match fault {
        Some(Fault::Hang(pause)) => Some(pause),
        _ => None,
    };
    let response = to_the_end(shared, received, record, fault).await;
    if let Some(pause) = hang {
        tokio::time::sleep(pause).await;
    }
    response
}

/// Executes a method to the end, even if the caller disconnects.
async fn to_the_end(
    shared: &Shared,
    received: Received,
    record: CallRecord,
    fault: Option<Fault>,
) -> Response {
    let (sender, response) = oneshot::channel();
    shared.spawn_with(|shared| async move {
        let response = Execution::new(received, fault).run(&shared, record).await;
        // The caller may have disconnected.
        let _ = sender.send(response);
    });
    let portal_is_gone = |_| to_axum(&HttpResponse::new(502, BAD_GATEWAY), HTML);
    response.await.unwrap_or_else(portal_is_gone)
}

/// Takes a fault of the method itself, or a fault of the connection that a command of a batch
/// meets.
fn take_fault(state: &mut State, received: &Received) -> Option<Fault> {
    let own = state.faults.take_for(received.method.name);
    if own.is_some() || received.method.name != batch::NAME {
        return own;
    }
    let names = batch::names(&received.request.params);
    names
        .iter()
        .find_map(|name| state.faults.take_inside(&name.to_lowercase(), false))
}

/// Returns what a fault sends instead of executing the method.
fn instead(fault: &Fault, received: &Received) -> Option<Sent> {
    match fault {
        Fault::Error {
            status,
            code,
            description,
        } => Some(received.chosen_error(*status, code, description)),
        Fault::EmptyResponse => Some(Sent::Whole(HttpResponse::new(200, ""), JSON)),
        Fault::HtmlBadGateway => Some(Sent::Whole(HttpResponse::new(502, BAD_GATEWAY), HTML)),
        Fault::CutBeforeExecution => Some(Sent::CutAfter(0, None)),
        Fault::Moved(to) => {
            let path = received.target.strip_prefix('/').unwrap_or_default();
            Some(Sent::Moved(format!("{}/{path}", to.trim_end_matches('/'))))
        }
        _ => None,
    }
}

/// What goes back.
enum Sent {
    Whole(HttpResponse, &'static str),
    /// The first bytes of a response.
    CutAfter(usize, Option<(HttpResponse, &'static str)>),
    Moved(String),
}

/// A method being executed, and the fault that changes its response.
struct Execution {
    received: Received,
    fault: Option<Fault>,
}

impl Execution {
    fn new(received: Received, fault: Option<Fault>) -> Self {
        Self { received, fault }
    }

    async fn run(mut self, shared: &Shared, record: CallRecord) -> Response {
        let method = self.received.method;
        let result = match method.run {
            Run::Alone(execute) => {
                // One lock for both: a background worker must not apply a reply before the history
                // contains it.
                let state = &mut *shared.lock();
                match self.alone(execute, shared, state) {
                    Ok(success) if success.in_step.is_some() => Ok(success),
                    result => return respond(shared, state, record, self.sent(shared, result)),
                }
            }
            Run::Batch => self.batch(shared).await,
        };
        let result = match result {
            Ok(success) => success.after_dispatch(shared).await,
            error => error,
        };
        respond(
            shared,
            &mut shared.lock(),
            record,
            self.sent(shared, result),
        )
    }

    fn alone(
        &mut self,
        execute: Execute,
        shared: &Shared,
        state: &mut State,
    ) -> Result<Success, RestError> {
        let caller = self.caller(shared, state)?;
        let slowness = match self.fault {
            Some(Fault::Slow(slowness)) => slowness,
            _ => Duration::ZERO,
        };
        let call = Call {
            table: TABLE,
            method: self.received.method,
            start: self.received.page,
            params: std::mem::take(&mut self.received.request.params),
            wire: self.wire(),
            slowness,
        };
        call.execute(execute, shared, state, &caller)
    }

    async fn batch(&mut self, shared: &Shared) -> Result<Success, RestError> {
        let caller = self.caller(shared, &shared.lock())?;
        let params = std::mem::take(&mut self.received.request.params);
        batch::execute(shared, TABLE, &caller, self.wire(), params).await
    }

    fn caller(&mut self, shared: &Shared, state: &State) -> Result<Caller, RestError> {
        let Received {
            method,
            request,
            is_encrypted,
            ..
        } = &mut self.received;
        Caller::find(shared, state, method, request, *is_encrypted)
    }

    fn wire(&self) -> Wire<'_> {
        Wire {
            body: &self.received.body,
            is_response_whole: self.cut().is_none(),
        }
    }

    /// Returns after how many bytes the response ends.
    fn cut(&self) -> Option<usize> {
        match self.fault {
            Some(Fault::CutAfterExecution) => Some(0),
            Some(Fault::CutAfterBytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    fn sent(&self, shared: &Shared, result: Result<Success, RestError>) -> Sent {
        let settings = &shared.settings;
        let whole = match result {
            Ok(success) => {
                let start = self.received.start;
                let json = envelope::success(&success, start, shared.now(), settings);
                self.received.response(200, &json)
            }
            Err(error) => {
                let status = error.status_in(settings.status_profile);
                self.received.response(status, &envelope::failure(&error))
            }
        };
        match (self.cut(), &self.fault, whole) {
            (Some(bytes), _, Sent::Whole(response, kind)) => {
                Sent::CutAfter(bytes, Some((response, kind)))
            }
            (
                _,
                Some(Fault::ErrorAfterExecution {
                    status,
                    code,
                    description,
                }),
                _,
            ) => self.received.chosen_error(*status, code, description),
            (_, Some(Fault::HtmlGatewayTimeout), _) => {
                Sent::Whole(HttpResponse::new(504, GATEWAY_TIMEOUT), HTML)
            }
            (_, _, whole) => whole,
        }
    }
}

impl Received {
    fn response(&self, status: u16, json: &Json) -> Sent {
        formatted(&self.request, status, json)
    }

    /// Builds an error with the status that the test chose, whichever table is in force.
    fn chosen_error(&self, status: u16, code: &str, description: &str) -> Sent {
        let error = RestError::new(status, code, description);
        self.response(status, &envelope::failure(&error))
    }
}

/// Writes a response in the format that the request asks for.
fn formatted(request: &Request, status: u16, json: &Json) -> Sent {
    let format = request.format;
    let text = format.write(json);
    let repeats_bytes = !request.is_text && text.contains(char::REPLACEMENT_CHARACTER);
    let response = if format == Format::Json && repeats_bytes {
        HttpResponse::new(status, WRONG_ENCODING)
    } else {
        HttpResponse::new(status, text)
    };
    Sent::Whole(response, format.content_type())
}

/// Writes a call into the history, at the time it came, and makes the response.
fn respond(shared: &Shared, state: &mut State, record: CallRecord, sent: Sent) -> Response {
    let (response, recorded) = match sent {
        Sent::Whole(whole, kind) => (to_axum(&whole, kind), Some(whole)),
        Sent::CutAfter(bytes, whole) => {
            let cut = whole.map(|(whole, kind)| to_axum(&whole, kind));
            (cut_after(bytes, cut.unwrap_or_default()), None)
        }
        Sent::Moved(location) => moved(&location),
    };
    record.record(shared, state, recorded);
    response
}
