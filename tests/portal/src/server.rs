//! The HTTP server: connections, routes, answers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body as HttpBody, Bytes, to_bytes},
    extract::{Request as HttpRequest, State as Extract},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    faults::Fault,
    history::{Answer, Body, Event},
    php::{self, Value},
    rest::{self, Caller, Method, Request, RestError},
    state::{Shared, State},
};

/// Larger bodies are refused; PHP's usual limit for a form is smaller.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long an error of accepting may last before it is met again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Marks an answer whose connection is to be closed instead.
#[derive(Debug, Clone, Copy)]
struct Cut;

#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
struct ConnectionCut;

/// Serves until the task is dropped; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/rest/", any(rest_route))
        .route("/rest/{*path}", any(rest_route))
        .route("/oauth/rest/{method}", any(oauth_route))
        .route("/-/state", any(state_route))
        .fallback(not_found)
        .with_state(shared);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // An error here is the peer's (a connection that was reset at once) or the machine's (no free descriptor),
        // which may last; the listener itself lives on.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let answer = hyper::service::Service::call(&service, request);
                async move {
                    let Ok(response) = answer.await;
                    let is_cut = response.extensions().get::<Cut>().is_some();
                    if is_cut {
                        Err(ConnectionCut)
                    } else {
                        Ok(response)
                    }
                }
            });
            // What goes wrong with one connection is the peer's to see.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn rest_route(Extract(shared): Extract<Arc<Shared>>, request: HttpRequest) -> Response {
    let start = shared.now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    let path = percent_decoded(parts.uri.path().strip_prefix("/rest/").unwrap_or_default());
    let found = Request::read(&path, parts.uri.query(), &parts.headers, &body)
        .and_then(|request| rest::find(&request.method).map(|method| (method, request)));
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
        if self.method.name != rest::REPLY {
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

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                           Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

fn execute(shared: &Shared, received: Received, note: Option<Note>, is_cut: bool) -> Response {
    let Received {
        method,
        mut request,
        body,
        start,
    } = received;
    // One lock for both: a background worker must not apply the reply before it stands in the history.
    let state = &mut *shared.lock();
    let result = Caller::find(shared, state, method, &mut request)
        .and_then(|caller| method.call(shared, state, &caller, &body, request.params));
    let outcome = match result {
        Ok(result) => {
            let finish = shared.now();
            let json = rest::success(&result.to_json(), start, finish, &shared.settings);
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

async fn oauth_route(Extract(shared): Extract<Arc<Shared>>, request: HttpRequest) -> Response {
    let start = shared.now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large();
    };
    let path = percent_decoded(
        parts
            .uri
            .path()
            .strip_prefix("/oauth/rest/")
            .unwrap_or_default(),
    );
    let request = Request::read(&path, parts.uri.query(), &parts.headers, &body)
        .filter(|request| request.method.eq_ignore_ascii_case("app.info"));
    let result = request
        .ok_or_else(RestError::method_not_found)
        .and_then(|request| rest::authorisation_server_app_info(&shared, &shared.lock(), &request));
    match result.as_ref().map(Value::to_json) {
        Ok(info) => json_response(
            200,
            &rest::success(&info, start, shared.now(), &shared.settings),
        ),
        Err(error) => error_response(error),
    }
}

async fn state_route(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let history = serde_json::to_value(&shared.lock().history).unwrap_or_default();
    json_response(
        200,
        &json!({"url": shared.url, "member_id": shared.member_id, "history": history}),
    )
}

async fn not_found() -> Response {
    let page = Answer {
        status: 404,
        body: "<html><body><h1>404 Not Found</h1></body></html>\n".into(),
    };
    response(&page, HTML)
}

fn too_large() -> Response {
    error_response(&RestError::new(
        413,
        "INTERNAL_SERVER_ERROR",
        "Request body too large",
    ))
}

fn error_response(error: &RestError) -> Response {
    json_response(error.status, &rest::failure(error))
}

fn json_response(status: u16, json: &Json) -> Response {
    response(
        &Answer {
            status,
            body: json.to_string().into(),
        },
        JSON,
    )
}

fn response(answer: &Answer, kind: &'static str) -> Response {
    let mut response = HttpBody::from(answer.body.as_bytes().to_vec()).into_response();
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn cut() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut);
    response
}

/// PHP decodes a path as it decodes a form, but a `+` stays a `+`.
fn percent_decoded(path: &str) -> String {
    php::urldecode(path.replace('+', "%2B").as_bytes())
}
