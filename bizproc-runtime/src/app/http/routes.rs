//! The routes that portals call, and the responses they get.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio_util::task::TaskTracker;

use super::body::{BodyReader, BufferedBody};
use super::health::Health;
use crate::app::inbox::{Accepted, Inbox};
use crate::app::install::{Handled, INSTALL_PATH, Installer};
use crate::app::lifecycle::StopGuard;
use crate::app::telemetry::metrics;
use crate::definition::{DEFAULT_HANDLER_PATH, Definition};
use crate::error::{Error, ErrorKind, Result};

/// Serves what portals post.
pub(crate) struct Http {
    inbox: Arc<Inbox>,
    installer: Arc<Installer>,
    reader: Arc<BodyReader>,
    health: Health,
    /// Requests that are being handled, their portals gone or not.
    in_flight: TaskTracker,
    _tasks: Arc<StopGuard>,
}

impl Http {
    pub(crate) fn new(
        inbox: &Arc<Inbox>,
        installer: &Arc<Installer>,
        reader: &Arc<BodyReader>,
        health: Health,
        tasks: &Arc<StopGuard>,
    ) -> Self {
        Self {
            inbox: Arc::clone(inbox),
            installer: Arc::clone(installer),
            reader: Arc::clone(reader),
            health,
            in_flight: TaskTracker::new(),
            _tasks: Arc::clone(tasks),
        }
    }

    /// The routes for portals and for health checks, below this path.
    pub(crate) fn router(self: &Arc<Self>, base: &str, definitions: &[Definition]) -> Router {
        // A robot that was removed from the program is still called until its registration is
        // deleted on the portal.
        let paths: BTreeSet<_> = definitions
            .iter()
            .map(Definition::handler)
            .chain([DEFAULT_HANDLER_PATH])
            .collect();
        let mut router = Router::new().route(&format!("{base}{INSTALL_PATH}"), post(post_event));
        for path in paths {
            router = router.route(&format!("{base}{path}"), post(post_robot));
        }
        router
            .with_state(Arc::clone(self))
            .merge(self.health.router(base))
    }

    /// Waits until no request is being handled.
    pub(crate) async fn drained(&self) {
        self.in_flight.close();
        self.in_flight.wait().await;
    }

    /// Runs the request to completion even if the portal disconnects or shutdown begins, because a
    /// portal never retries.
    async fn run_to_completion<T: Send + 'static>(
        &self,
        request: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let task = self.in_flight.spawn(request);
        task.await.unwrap_or_else(|panicked| {
            let message = "the request was not handled";
            Err(Error::new(ErrorKind::Store, message).with_source(panicked))
        })
    }
}

async fn post_robot(Extract(http): Extract<Arc<Http>>, body: Body) -> Response {
    let BufferedBody { bytes, permit } = match http.reader.read(body).await {
        Ok(body) => body,
        Err(error) => {
            metrics::call_refused(&error);
            return respond(Err(error));
        }
    };
    let inbox = Arc::clone(&http.inbox);
    let accepting = async move {
        // The body is in memory until the end.
        let _permit = permit;
        inbox.accept(bytes).await
    };
    let accepted = http.run_to_completion(accepting).await;
    respond(accepted.map(Accepted::name))
}

async fn post_event(Extract(http): Extract<Arc<Http>>, body: Body) -> Response {
    let BufferedBody { bytes, permit } = match http.reader.read(body).await {
        Ok(body) => body,
        Err(error) => return respond(Err(error)),
    };
    let installer = Arc::clone(&http.installer);
    let handling = async move {
        let _permit = permit;
        installer.handle(&bytes).await
    };
    let handled = http.run_to_completion(handling).await;
    respond(handled.map(Handled::name))
}

/// Portals ignore the body of the response; it is for people who try the address by hand. Strangers
/// learn what is wrong with their request, and nothing else.
fn respond(result: Result<&'static str>) -> Response {
    let (status, body) = match result {
        Ok(status) => (StatusCode::OK, json!({"status": status})),
        Err(error) => {
            let status = status_of(&error);
            let kind = error.kind();
            if status.is_client_error() {
                tracing::warn!(?kind, "{error}");
                (status, json!({"error": error.to_string()}))
            } else {
                tracing::error!(?kind, "{error}");
                let text = "the request could not be carried out; the program's log says why";
                (status, json!({"error": text}))
            }
        }
    };
    let header = [(header::CONTENT_TYPE, "application/json")];
    (status, header, body.to_string()).into_response()
}

fn status_of(error: &Error) -> StatusCode {
    match (error.kind(), error.status()) {
        (ErrorKind::BadRequest, Some(408)) => StatusCode::REQUEST_TIMEOUT,
        (ErrorKind::BadRequest, Some(413)) => StatusCode::PAYLOAD_TOO_LARGE,
        (ErrorKind::BadRequest, Some(503)) => StatusCode::SERVICE_UNAVAILABLE,
        (ErrorKind::BadRequest, _) => StatusCode::BAD_REQUEST,
        (ErrorKind::Unauthenticated, _) => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
