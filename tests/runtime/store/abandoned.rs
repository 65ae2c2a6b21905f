//! Calls whose caller stopped waiting: it has done something else with them, so they are not stored.

use futures_util::FutureExt as _;

use super::backends::{Backend, at, call, token};

/// In one thread: the caller stops waiting before the store begins.
async fn is_not_stored(backend: &Backend) {
    let store = backend.open().await;
    for _ in 0..3 {
        let accepted = store.accept(call("abandoned"), at(1)).now_or_never();
        assert!(accepted.is_none());
        store.accept(call("b"), at(2)).await.unwrap();
        let record = store.call(&token("abandoned")).await.unwrap();
        assert!(record.is_none());
    }
    assert!(store.call(&token("b")).await.unwrap().is_some());
}

#[tokio::test]
async fn sqlite_stores_no_abandoned_call() {
    let Some(backend) = Backend::sqlite().await else {
        return;
    };
    is_not_stored(&backend).await;
}

#[tokio::test]
async fn postgres_stores_no_abandoned_call() {
    let Some(backend) = Backend::postgres().await else {
        return;
    };
    is_not_stored(&backend).await;
}
