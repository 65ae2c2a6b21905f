//! A handler that takes its time.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, routing::any};
use bizproc_portal::php;
use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use super::listen;

type Gate = (mpsc::UnboundedSender<Value>, Arc<Notify>);

/// A handler that answers each call with `late`, and only when it is let to.
#[derive(Debug)]
pub(crate) struct SlowHandler {
    pub(crate) url: String,
    /// The calls as PHP reads them.
    calls: mpsc::UnboundedReceiver<Value>,
    answer: Arc<Notify>,
    server: JoinHandle<()>,
}

impl Drop for SlowHandler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl SlowHandler {
    pub(crate) async fn start() -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let answer = Arc::new(Notify::new());
        let gate = (sender, Arc::clone(&answer));
        let router = Router::new().fallback(any(slow)).with_state(gate);
        let (origin, server) = listen(router).await;
        Self {
            url: format!("{origin}/slow"),
            calls,
            answer,
            server,
        }
    }

    /// The next call.
    pub(crate) async fn call(&mut self) -> Value {
        self.calls.recv().await.unwrap()
    }

    /// Whether no call is waiting to be read.
    pub(crate) fn is_quiet(&self) -> bool {
        self.calls.is_empty()
    }

    /// Lets one call be answered.
    pub(crate) fn answer(&self) {
        self.answer.notify_one();
    }
}

async fn slow(State((sender, answer)): State<Gate>, body: Bytes) -> &'static str {
    sender.send(php::parse_str(&body).to_json()).unwrap();
    answer.notified().await;
    "late"
}
