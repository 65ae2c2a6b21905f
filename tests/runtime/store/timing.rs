//! Calls that wait for a time, and notifications.

use bizproc_runtime::store::{CallStage, Completion, SendHistory, Store, Subscription, Transition};

use super::backends::{Backend, MEMBER, StoreProbe, at, call, run_names, token};
use crate::fixture::TIMEOUT;

pub(crate) async fn the_next_due_time_is_returned(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    assert_eq!(store.release_due(at(0)).await.unwrap(), None);
    probe.accept(&["a", "b", "c"]).await;
    assert_eq!(
        store.release_due(at(0)).await.unwrap(),
        None,
        "they wait for no time"
    );
    probe
        .accept_with("d", |call| call.head.deadline = Some(at(70)))
        .await;
    assert_eq!(store.release_due(at(0)).await.unwrap(), None);
    let runs = probe.runs(9).await;
    assert_eq!(run_names(&runs), ["d", "a", "b", "c"]);
    let nexts = [
        Transition::Defer,
        Transition::RetryRun(at(60)),
        Transition::RetryRun(at(30)),
    ];
    for (run, next) in runs.iter().zip(nexts) {
        assert!(store.finish(&run.claim, next, at(1)).await.unwrap());
    }
    for (now, next) in [(1, 30), (29, 30), (30, 60), (60, 70), (70, 100), (99, 100)] {
        assert_eq!(
            store.release_due(at(now)).await.unwrap(),
            Some(at(next)),
            "{now}"
        );
    }
    assert_eq!(store.release_due(at(100)).await.unwrap(), None);
    assert_eq!(probe.stage("d").await, CallStage::Completed);
    assert_eq!(run_names(&probe.runs(9).await), ["a", "b", "c"]);
}

pub(crate) async fn all_due_calls_are_released(backend: &Backend) {
    const CALLS: usize = 1_200;
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for index in 0..CALLS {
        let name = index.to_string();
        probe
            .accept_with(&name, |call| call.head.deadline = Some(at(50)))
            .await;
    }
    for (index, run) in probe.runs(CALLS).await.iter().enumerate() {
        let next = match index % 2 {
            0 => Transition::RetryRun(at(40)),
            _ => Transition::Defer,
        };
        assert!(store.finish(&run.claim, next, at(1)).await.unwrap());
    }
    assert_eq!(store.release_due(at(40)).await.unwrap(), Some(at(50)));
    assert_eq!(probe.runs(CALLS).await.len(), CALLS / 2);
    assert_eq!(store.release_due(at(100)).await.unwrap(), None);
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.get(CallStage::Accepted), CALLS as u64 / 2);
    assert_eq!(counts.get(CallStage::Completed), CALLS as u64 / 2);
    let mut purged = Vec::new();
    for _ in 0..3 {
        purged.push(store.purge_completed(at(101), 350).await.unwrap());
    }
    assert_eq!(purged, [350, 250, 0]);
}

pub(crate) async fn the_calls_completed_first_are_purged_first(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let completed = [("a", 30), ("b", 10), ("c", 20), ("d", 40)];
    probe.accept(&["open"]).await;
    for (name, when) in completed {
        probe.accept(&[name]).await;
        probe.reply_to(name).await;
        let claim = probe.send().await.claim;
        let end = Transition::Complete(Completion::Delivered);
        assert!(store.finish(&claim, end, at(when)).await.unwrap());
    }
    let left = async || {
        let mut left = Vec::new();
        for name in ["a", "b", "c", "d", "open"] {
            let record = store.call(&token(name)).await.unwrap();
            left.extend(record.map(|_| name));
        }
        left
    };
    assert_eq!(
        store.purge_completed(at(10), 9).await.unwrap(),
        0,
        "not before then"
    );
    assert_eq!(store.purge_completed(at(99), 0).await.unwrap(), 0);
    assert_eq!(store.purge_completed(at(99), 1).await.unwrap(), 1);
    assert_eq!(left().await, ["a", "c", "d", "open"]);
    assert_eq!(store.purge_completed(at(31), usize::MAX).await.unwrap(), 2);
    assert_eq!(left().await, ["d", "open"]);
    assert_eq!(
        store.purge_completed(at(9999), usize::MAX).await.unwrap(),
        1
    );
    assert_eq!(left().await, ["open"]);
    probe.accept(&["a"]).await;
    assert_eq!(run_names(&probe.runs(9).await), ["open", "a"]);
}

async fn wait_runnable(inbox: &Subscription) {
    let notified = tokio::time::timeout(TIMEOUT, inbox.runnable()).await;
    notified.expect("a notification that a call can be run");
}

async fn wait_sendable(inbox: &Subscription) {
    let notified = tokio::time::timeout(TIMEOUT, inbox.sendable()).await;
    let portals = notified.expect("a notification that a reply can be sent");
    assert_eq!(portals, [MEMBER.to_owned()].into());
}

/// Work is in the store when its notification arrives.
pub(crate) async fn work_is_notified(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let inbox = store.notifier().subscribe();
    probe.accept(&["a"]).await;
    wait_runnable(&inbox).await;
    let run = probe.run().await;
    store.release_claims(&[run.claim]).await.unwrap();
    wait_runnable(&inbox).await;
    let run = probe.run().await;
    let again = Transition::RetryRun(at(5));
    assert!(store.finish(&run.claim, again, at(2)).await.unwrap());
    store.release_due(at(5)).await.unwrap();
    wait_runnable(&inbox).await;
    let run = probe.run().await;
    let dead = Transition::DeadLetter("odd".to_owned());
    assert!(store.finish(&run.claim, dead, at(6)).await.unwrap());
    store.retry_dead(&token("a")).await.unwrap();
    wait_runnable(&inbox).await;
    probe.reply_to("a").await;
    wait_sendable(&inbox).await;
    let send = probe.send().await;
    store.release_claims(&[send.claim]).await.unwrap();
    wait_sendable(&inbox).await;
    let send = probe.send().await;
    let again = Transition::RetrySend(at(9), SendHistory::default());
    assert!(store.finish(&send.claim, again, at(8)).await.unwrap());
    store.release_due(at(9)).await.unwrap();
    wait_sendable(&inbox).await;
    let send = probe.send().await;
    let end = Transition::Complete(Completion::Delivered);
    assert!(store.finish(&send.claim, end, at(9)).await.unwrap());
    store.accept(call("a"), at(10)).await.unwrap();
    wait_sendable(&inbox).await;
}

/// Whether a subscriber that sleeps until 1000 seconds is woken by what happens.
async fn woken(store: &dyn Store, happens: impl Future) -> bool {
    let inbox = store.notifier().subscribe();
    let sleep = inbox.due_before(Some(at(1000)));
    let sleep = tokio::time::timeout(TIMEOUT, sleep);
    let (woken, _) = tokio::join!(biased; sleep, happens);
    woken.is_ok()
}

pub(crate) async fn an_earlier_due_time_is_notified(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe
        .accept_with("a", |call| call.head.deadline = Some(at(500)))
        .await;
    assert!(woken(&*store, probe.run()).await, "by a lease");
    let claim = {
        store.release_due(at(100)).await.unwrap();
        probe.run().await.claim
    };
    let again = Transition::RetryRun(at(200));
    let finish = store.finish(&claim, again, at(101));
    assert!(woken(&*store, finish).await, "by a pause");
    store.release_due(at(200)).await.unwrap();
    let claim = probe.run().await.claim;
    let claims = [claim.clone()];
    let extend = store.extend_leases(&claims, at(300));
    assert!(woken(&*store, extend).await, "by a lease that was moved");
    let defer = store.finish(&claim, Transition::Defer, at(201));
    assert!(woken(&*store, defer).await, "by a deadline");
}
