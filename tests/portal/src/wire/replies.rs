//! Applying replies after the response, as newer platforms do.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::engine::workflow::reply::apply;
use crate::model::shared::Shared;
use crate::model::workflow::reply::Reply;

/// Applies replies in the order in which they came.
pub(crate) async fn run(shared: Arc<Shared>, mut replies: mpsc::UnboundedReceiver<Reply>) {
    while let Some(reply) = replies.recv().await {
        let shared = Arc::clone(&shared);
        // A task of its own: a reply that panics must not prevent the following ones.
        let applied = tokio::spawn(async move {
            // The caller already got `true`: an error has no recipient now.
            let _ = apply(&shared, &mut shared.lock(), reply);
        });
        let _ = applied.await;
    }
}
