//! Applying replies behind the answer, as newer platforms do.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::engine::workflow::reply::apply;
use crate::model::shared::Shared;
use crate::model::workflow::reply::Reply;

/// Applies replies in the order in which they came.
pub(crate) async fn run(shared: Arc<Shared>, mut replies: mpsc::UnboundedReceiver<Reply>) {
    while let Some(reply) = replies.recv().await {
        let shared = Arc::clone(&shared);
        // A task of its own: a reply that panics must not take those behind it along.
        let applied = tokio::spawn(async move {
            // The caller was told `true` already: what goes wrong now nobody hears.
            let _ = apply(&shared, &mut shared.lock(), reply);
        });
        let _ = applied.await;
    }
}
