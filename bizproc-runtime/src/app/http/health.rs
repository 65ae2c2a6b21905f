//! Whether the process lives, and whether it should get requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State as Shares;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::app::service::{Running, Shared};
use crate::error::Result;

/// How long the store may take to answer.
const STORE_LIMIT: Duration = Duration::from_secs(1);

/// The state of the process.
#[derive(Debug, Default)]
pub(in crate::app) struct Health {
    draining: AtomicBool,
    broken: AtomicBool,
}

impl Health {
    /// The program ends soon: whoever sends it requests should send them elsewhere.
    pub(in crate::app) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(in crate::app) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

/// Says that a worker ended before the program did, even if it panicked.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let health = &self.0.health;
        health
            .broken
            .fetch_or(!health.is_draining(), Ordering::Relaxed);
    }
}

/// A task that must not end while the application runs.
pub(in crate::app) async fn vital(shared: Arc<Shared>, worker: impl Future<Output = ()>) {
    let _ended = Ended(shared);
    worker.await;
}

pub(in crate::app) fn routes(base: &str) -> Router<Arc<Running>> {
    Router::new()
        .route(&format!("{base}/-/health"), get(health))
        .route(&format!("{base}/-/ready"), get(ready))
}

async fn health(Shares(running): Shares<Arc<Running>>) -> Response {
    if running.shared.health.is_broken() {
        return word("failing", Some("a worker ended"));
    }
    word("ok", None)
}

async fn ready(Shares(running): Shares<Arc<Running>>) -> Response {
    let shared = &running.shared;
    // No portal has this name: the cheapest question that reaches the data.
    let asked = shared.store.portal("");
    match hindrance(shared.health.is_draining(), asked).await {
        None => word("ready", None),
        hindrance => word("not ready", hindrance),
    }
}

/// Why the process should get no requests.
async fn hindrance<T>(
    is_draining: bool,
    asked: impl Future<Output = Result<T>>,
) -> Option<&'static str> {
    if is_draining {
        return Some("draining");
    }
    match tokio::time::timeout(STORE_LIMIT, asked).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::warn!("not ready: {error}");
            Some("the store does not answer")
        }
        Err(_) => {
            tracing::warn!("not ready: the store did not answer within {STORE_LIMIT:?}");
            Some("the store does not answer")
        }
    }
}

/// Words only: anybody may ask.
fn word(status: &str, reason: Option<&str>) -> Response {
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
    use crate::app::App;
    use crate::error::{Error, ErrorKind};

    #[tokio::test(start_paused = true)]
    async fn what_hinders_is_named() {
        let answers = || std::future::ready(Ok(()));
        assert_eq!(hindrance(false, answers()).await, None);
        assert_eq!(hindrance(true, answers()).await, Some("draining"));
        let silent = Some("the store does not answer");
        let failed = std::future::ready(Err::<(), _>(Error::new(
            ErrorKind::Store,
            "the disk is full",
        )));
        assert_eq!(hindrance(false, failed).await, silent);
        assert_eq!(hindrance(false, pending::<Result<()>>()).await, silent);
    }

    async fn told(response: Response) -> (u16, String) {
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1000).await;
        (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_worker_that_ends_and_a_program_that_drains_are_told_of() {
        let service = App::new("http://127.0.0.1:1").start().unwrap();
        let running = || Shares(Arc::clone(&service.running));
        let shared = Arc::clone(&service.running.shared);
        assert_eq!(told(health(running()).await).await.0, 200);
        assert_eq!(told(ready(running()).await).await.0, 200);
        let worker = vital(Arc::clone(&shared), async { panic!("a bug") });
        shared.health.drain();
        let (status, text) = told(ready(running()).await).await;
        assert_eq!(status, 503);
        assert_eq!(text, r#"{"status":"not ready","reason":"draining"}"#);
        assert!(tokio::spawn(worker).await.is_err());
        assert_eq!(told(health(running()).await).await.0, 200, "it ends anyway");
        shared.health.draining.store(false, Ordering::Relaxed);
        let worker = vital(Arc::clone(&shared), async { panic!("a bug") });
        assert!(tokio::spawn(worker).await.is_err());
        let (status, text) = told(health(running()).await).await;
        assert_eq!(status, 503);
        assert_eq!(text, r#"{"status":"failing","reason":"a worker ended"}"#);
    }
}
