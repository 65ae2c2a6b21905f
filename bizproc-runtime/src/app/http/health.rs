//! Whether the process lives, and whether it should get requests.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::app::lifecycle::Lifecycle;
use crate::error::Result;
use crate::store::Store;

/// How long the store may take to answer.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers whether the process lives, and whether it is ready.
#[derive(Clone)]
pub(crate) struct Health {
    store: Arc<dyn Store>,
    lifecycle: Arc<Lifecycle>,
}

impl Health {
    pub(crate) fn new(store: &Arc<dyn Store>, lifecycle: &Arc<Lifecycle>) -> Self {
        Self {
            store: Arc::clone(store),
            lifecycle: Arc::clone(lifecycle),
        }
    }

    pub(super) fn router(&self, base: &str) -> Router {
        Router::new()
            .route(&format!("{base}/-/health"), get(health))
            .route(&format!("{base}/-/ready"), get(ready))
            .with_state(self.clone())
    }
}

async fn health(Extract(health): Extract<Health>) -> Response {
    if health.lifecycle.has_failed() {
        return status_response("failing", Some("a worker ended"));
    }
    status_response("ok", None)
}

async fn ready(Extract(health): Extract<Health>) -> Response {
    // No portal has this name: the cheapest question that reaches the data.
    let ask = health.store.portal("");
    match not_ready_reason(health.lifecycle.is_draining(), ask).await {
        None => status_response("ready", None),
        reason => status_response("not ready", reason),
    }
}

/// Why the process should get no requests.
async fn not_ready_reason<T>(
    is_draining: bool,
    ask: impl Future<Output = Result<T>>,
) -> Option<&'static str> {
    if is_draining {
        return Some("draining");
    }
    match tokio::time::timeout(STORE_TIMEOUT, ask).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::warn!("not ready: {error}");
            Some("the store does not answer")
        }
        Err(_) => {
            tracing::warn!("not ready: the store did not answer within {STORE_TIMEOUT:?}");
            Some("the store does not answer")
        }
    }
}

/// Words only: anyone may ask.
fn status_response(status: &str, reason: Option<&str>) -> Response {
    let (code, body) = match reason {
        None => (StatusCode::OK, json!({"status": status})),
        Some(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"status": status, "reason": reason}),
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (code, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::error::{Error, ErrorKind};
    use crate::store::Memory;

    #[tokio::test(start_paused = true)]
    async fn the_reason_is_named() {
        let answers = || std::future::ready(Ok(()));
        assert_eq!(not_ready_reason(false, answers()).await, None);
        assert_eq!(not_ready_reason(true, answers()).await, Some("draining"));
        let silent = Some("the store does not answer");
        let failed = std::future::ready(Err::<(), _>(Error::new(
            ErrorKind::Store,
            "the disk is full",
        )));
        assert_eq!(not_ready_reason(false, failed).await, silent);
        let hanging = pending::<Result<()>>();
        assert_eq!(not_ready_reason(false, hanging).await, silent);
    }

    async fn read(response: Response) -> (u16, String) {
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1000).await;
        (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
    }

    fn checked() -> (Arc<Lifecycle>, impl Fn() -> Extract<Health>) {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        let lifecycle = Arc::<Lifecycle>::default();
        let health = Health::new(&store, &lifecycle);
        (lifecycle, move || Extract(health.clone()))
    }

    #[tokio::test]
    async fn a_failed_worker_and_a_shutdown_are_reported() {
        let (lifecycle, state) = checked();
        assert_eq!(read(health(state()).await).await.0, 200);
        assert_eq!(read(ready(state()).await).await.0, 200);
        let worker = lifecycle.critical(async { panic!("a bug") });
        lifecycle.begin_shutdown();
        let (status, text) = read(ready(state()).await).await;
        assert_eq!(status, 503);
        assert_eq!(text, r#"{"status":"not ready","reason":"draining"}"#);
        assert!(tokio::spawn(worker).await.is_err());
        let (status, _) = read(health(state()).await).await;
        assert_eq!(status, 200, "it ends anyway");

        let (lifecycle, state) = checked();
        let worker = lifecycle.critical(async { panic!("a bug") });
        assert!(tokio::spawn(worker).await.is_err());
        let (status, text) = read(health(state()).await).await;
        assert_eq!(status, 503);
        assert_eq!(text, r#"{"status":"failing","reason":"a worker ended"}"#);
    }
}
