//! Calls that nobody waits for any more: something else was done with them, so they are not kept.

use futures_util::FutureExt as _;

use super::backends::{Home, at, call, token};

/// In one thread: the store has been asked, and has not begun, when whoever asked goes away.
async fn is_not_kept(home: &Home) {
    let store = home.open().await;
    for _ in 0..3 {
        let asked = store.accept(call("abandoned"), at(1)).now_or_never();
        assert!(asked.is_none());
        store.accept(call("b"), at(2)).await.unwrap();
        let record = store.call(&token("abandoned")).await.unwrap();
        assert!(record.is_none());
    }
    assert!(store.call(&token("b")).await.unwrap().is_some());
}

#[tokio::test]
async fn sqlite_keeps_no_abandoned_call() {
    let Some(home) = Home::sqlite().await else {
        return;
    };
    is_not_kept(&home).await;
}

#[tokio::test]
async fn postgres_keeps_no_abandoned_call() {
    let Some(home) = Home::postgres().await else {
        return;
    };
    is_not_kept(&home).await;
}
