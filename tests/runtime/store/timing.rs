//! What waits for a time, and who is told of it.

use std::time::Duration;

use bizproc_runtime::store::{CallStage, Completion, SendHistory, Store, Subscription, Transition};

use super::backends::{Home, MEMBER, On, at, call, run_names, token};

/// Longer than a signal takes.
const SOON: Duration = Duration::from_secs(10);

pub(crate) async fn the_next_time_is_told(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    assert_eq!(store.release_due(at(0)).await.unwrap(), None);
    on.accept(&["a", "b", "c"]).await;
    assert_eq!(
        store.release_due(at(0)).await.unwrap(),
        None,
        "they wait for none"
    );
    on.accept_with("d", |call| call.head.deadline = Some(at(70)))
        .await;
    assert_eq!(store.release_due(at(0)).await.unwrap(), None);
    let runs = on.runs(9).await;
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
    assert_eq!(on.stage("d").await, CallStage::Completed);
    assert_eq!(run_names(&on.runs(9).await), ["a", "b", "c"]);
}

pub(crate) async fn a_wake_looks_at_everything(home: &Home) {
    const CALLS: usize = 1_200;
    let store = home.open().await;
    let on = On(&*store);
    for index in 0..CALLS {
        let name = index.to_string();
        on.accept_with(&name, |call| call.head.deadline = Some(at(50)))
            .await;
    }
    for (index, run) in on.runs(CALLS).await.iter().enumerate() {
        let next = match index % 2 {
            0 => Transition::RetryRun(at(40)),
            _ => Transition::Defer,
        };
        assert!(store.finish(&run.claim, next, at(1)).await.unwrap());
    }
    assert_eq!(store.release_due(at(40)).await.unwrap(), Some(at(50)));
    assert_eq!(on.runs(CALLS).await.len(), CALLS / 2);
    assert_eq!(store.release_due(at(100)).await.unwrap(), None);
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.of(CallStage::Accepted), CALLS as u64 / 2);
    assert_eq!(counts.of(CallStage::Completed), CALLS as u64 / 2);
    let mut forgotten = Vec::new();
    for _ in 0..3 {
        forgotten.push(store.purge_completed(at(101), 350).await.unwrap());
    }
    assert_eq!(forgotten, [350, 250, 0]);
}

pub(crate) async fn the_oldest_are_forgotten_first(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    let settled = [("a", 30), ("b", 10), ("c", 20), ("d", 40)];
    on.accept(&["open"]).await;
    for (name, when) in settled {
        on.accept(&[name]).await;
        on.answered(name).await;
        let claim = on.send().await.claim;
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
    on.accept(&["a"]).await;
    assert_eq!(run_names(&on.runs(9).await), ["open", "a"]);
}

async fn told_to_run(inbox: &Subscription) {
    let told = tokio::time::timeout(SOON, inbox.runnable()).await;
    told.expect("a signal that a call can be run");
}

async fn told_to_send(inbox: &Subscription) {
    let told = tokio::time::timeout(SOON, inbox.sendable()).await;
    let portals = told.expect("a signal that an answer can be sent");
    assert_eq!(portals, [MEMBER.to_owned()].into());
}

/// What is told is there: whoever hears of it and looks, finds it.
pub(crate) async fn work_is_told_of(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    let inbox = store.notifier().subscribe();
    on.accept(&["a"]).await;
    told_to_run(&inbox).await;
    let run = on.run().await;
    store.release_claims(&[run.claim]).await.unwrap();
    told_to_run(&inbox).await;
    let run = on.run().await;
    let again = Transition::RetryRun(at(5));
    assert!(store.finish(&run.claim, again, at(2)).await.unwrap());
    store.release_due(at(5)).await.unwrap();
    told_to_run(&inbox).await;
    let run = on.run().await;
    let bury = Transition::DeadLetter("odd".to_owned());
    assert!(store.finish(&run.claim, bury, at(6)).await.unwrap());
    store.retry_dead(&token("a")).await.unwrap();
    told_to_run(&inbox).await;
    on.answered("a").await;
    told_to_send(&inbox).await;
    let send = on.send().await;
    store.release_claims(&[send.claim]).await.unwrap();
    told_to_send(&inbox).await;
    let send = on.send().await;
    let again = Transition::RetrySend(at(9), SendHistory::default());
    assert!(store.finish(&send.claim, again, at(8)).await.unwrap());
    store.release_due(at(9)).await.unwrap();
    told_to_send(&inbox).await;
    let send = on.send().await;
    let end = Transition::Complete(Completion::Delivered);
    assert!(store.finish(&send.claim, end, at(9)).await.unwrap());
    store.accept(call("a"), at(10)).await.unwrap();
    told_to_send(&inbox).await;
}

/// Whether somebody who sleeps until 1000 seconds is woken by what happens.
async fn woken(store: &dyn Store, happens: impl Future) -> bool {
    let inbox = store.notifier().subscribe();
    let sleep = inbox.due_before(Some(at(1000)));
    let sleep = tokio::time::timeout(SOON, sleep);
    let (woken, _) = tokio::join!(biased; sleep, happens);
    woken.is_ok()
}

pub(crate) async fn a_time_is_told_of(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept_with("a", |call| call.head.deadline = Some(at(500)))
        .await;
    assert!(woken(&*store, on.run()).await, "by a lease");
    let claim = {
        store.release_due(at(100)).await.unwrap();
        on.run().await.claim
    };
    let again = Transition::RetryRun(at(200));
    let finish = store.finish(&claim, again, at(101));
    assert!(woken(&*store, finish).await, "by a pause");
    store.release_due(at(200)).await.unwrap();
    let claim = on.run().await.claim;
    let claims = [claim.clone()];
    let extend = store.extend_leases(&claims, at(300));
    assert!(woken(&*store, extend).await, "by a lease that was moved");
    let defer = store.finish(&claim, Transition::Defer, at(201));
    assert!(woken(&*store, defer).await, "by a deadline");
}
