//! A call is stored once.

use std::collections::HashSet;
use std::sync::Arc;

use bizproc_runtime::store::{
    AcceptOutcome, CallStage, CallState, Completion, SendHistory, Transition,
};
use futures_util::future::join_all;

use super::backends::{Backend, StoreProbe, at, call, reply, run_names, token};

pub(crate) async fn a_call_is_stored_once(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let mut other = call("a");
    other.body = "another body".into();
    for _ in 0..2 {
        let outcome = store.accept(other.clone(), at(5)).await.unwrap();
        assert_eq!(outcome, AcceptOutcome::Duplicate);
    }
    let run = probe.run().await;
    assert_eq!(run.call, call("a"), "the first delivery is what runs");
    assert_eq!(probe.record("a").await.accepted_at, at(1));
}

pub(crate) async fn of_concurrent_duplicates_one_is_accepted(backend: &Backend) {
    let store = backend.open().await;
    let mut tasks = Vec::new();
    for name in 0..100 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            // Ten calls, ten times each.
            let name = (name % 10).to_string();
            store.accept(call(&name), at(1)).await.unwrap()
        }));
    }
    let mut new = 0;
    for task in tasks {
        match task.await.unwrap() {
            AcceptOutcome::Accepted => new += 1,
            AcceptOutcome::Duplicate => {}
            AcceptOutcome::Redelivered => panic!("nothing was sent yet"),
        }
    }
    assert_eq!(new, 10);
    assert_eq!(store.counts().await.unwrap().get(CallStage::Accepted), 10);
    assert_eq!(StoreProbe(&*store).runs(100).await.len(), 10);
}

/// A store may insert them in one statement, together with others.
pub(crate) async fn concurrent_calls_are_stored_separately(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for known in [None, Some("known")] {
        probe.accept(known.as_slice()).await;
        let names: Vec<_> = (0..150)
            .map(|number| format!("{number} {known:?}"))
            .chain(known.map(str::to_owned))
            .collect();
        let accepted = names.iter().map(|name| store.accept(call(name), at(1)));
        for (name, accepted) in names.iter().zip(join_all(accepted).await) {
            let is_known = Some(name.as_str()) == known;
            let expected = if is_known {
                AcceptOutcome::Duplicate
            } else {
                AcceptOutcome::Accepted
            };
            assert_eq!(accepted.unwrap(), expected, "{name}");
        }
        let runs = probe.runs(1000).await;
        assert_eq!(runs.len(), names.len());
        for run in &runs {
            let token = run.call.head.event_token.as_str();
            let name = token.rsplit('|').next().unwrap();
            assert_eq!(run.call, call(name), "each has a body of its own");
        }
        let distinct: HashSet<_> = run_names(&runs).into_iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}

pub(crate) async fn a_known_call_is_a_duplicate_in_every_stage(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe
        .accept(&["running", "deferred", "answered", "dead", "gone"])
        .await;
    for run in probe.runs(10).await {
        let next = match run
            .call
            .head
            .event_token
            .as_str()
            .rsplit('|')
            .next()
            .unwrap()
        {
            "deferred" => Transition::Defer,
            "answered" => Transition::Reply(reply("first")),
            "dead" => Transition::DeadLetter("odd".to_owned()),
            "gone" => Transition::Complete(Completion::WorkflowGone),
            _ => continue,
        };
        assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    }
    for name in ["running", "deferred", "answered", "dead", "gone"] {
        let before = probe.record(name).await;
        let outcome = store.accept(call(name), at(3)).await.unwrap();
        assert_eq!(outcome, AcceptOutcome::Duplicate, "{name}");
        let after = probe.record(name).await;
        assert_eq!(
            (before.state, before.next_attempt_at, before.runs),
            (after.state, after.next_attempt_at, after.runs)
        );
    }
}

pub(crate) async fn a_duplicate_of_a_delivered_call_redelivers_its_reply(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    probe.reply_to("a").await;
    for round in 0..2 {
        let send = probe.send().await;
        assert_eq!(send.reply, reply("a"));
        let end = Transition::Complete(Completion::Delivered);
        assert!(store.finish(&send.claim, end, at(3)).await.unwrap());
        let completed = CallState::Completed(Completion::Delivered);
        assert_eq!(probe.record("a").await.state, completed);

        let mut foreign = call("a");
        "another portal".clone_into(&mut foreign.head.member_id);
        let accepted = store.accept(foreign, at(4)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Duplicate);
        assert_eq!(probe.record("a").await.state, completed);

        let mut again = call("a");
        again.body = format!("with newer tokens {round}").into();
        let accepted = store.accept(again.clone(), at(4)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Redelivered);
        let accepted = store.accept(call("a"), at(4)).await.unwrap();
        assert_eq!(
            accepted,
            AcceptOutcome::Duplicate,
            "it is in flight already"
        );
        assert_eq!(probe.stage("a").await, CallStage::Delivered);
        assert!(
            probe.runs(10).await.is_empty(),
            "the code does not run again"
        );
        let send = probe.send().await;
        assert_eq!(send.head, again.head);
        assert_eq!(send.reply, reply("a"));
        store.release_claims(&[send.claim]).await.unwrap();
    }
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.get(CallStage::Delivered),
            counts.get(CallStage::Completed)
        ),
        (1, 0)
    );
}

pub(crate) async fn calls_completed_otherwise_are_not_redelivered(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let ends = [
        Completion::PresumedDelivered,
        Completion::WorkflowGone,
        Completion::Expired,
        Completion::Uninstalled,
        Completion::NoReplyExpected,
    ];
    for completion in ends {
        let name = format!("{completion:?}");
        probe.accept(&[&name]).await;
        probe.reply_to(&name).await;
        let send = probe.send().await;
        let next = Transition::Complete(completion);
        assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
        let outcome = store.accept(call(&name), at(4)).await.unwrap();
        assert_eq!(outcome, AcceptOutcome::Duplicate, "{name}");
        assert_eq!(
            probe.record(&name).await.state,
            CallState::Completed(completion)
        );
    }
    assert!(probe.sends(10).await.is_empty());
}

pub(crate) async fn a_redelivery_keeps_the_send_history(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    probe.reply_to("a").await;
    let send = probe.send().await;
    let mut shown = SendHistory::default();
    shown.attempts = 3;
    shown.delivered = 1;
    shown.first_attempt_at = Some(at(2));
    shown.ambiguous = true;
    let next = Transition::Redeliver(at(5), shown.clone());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    store.release_due(at(5)).await.unwrap();
    let send = probe.send().await;
    assert_eq!(send.history, shown);
    let end = Transition::Complete(Completion::Delivered);
    assert!(store.finish(&send.claim, end, at(6)).await.unwrap());
    let outcome = store.accept(call("a"), at(7)).await.unwrap();
    assert_eq!(outcome, AcceptOutcome::Redelivered);
    assert_eq!(probe.send().await.history, shown);
    assert_eq!(probe.record("a").await.sends, 3);
}

pub(crate) async fn call_numbers_grow(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let mut last = 0;
    for name in ["a", "b", "a", "c"] {
        store.accept(call(name), at(1)).await.unwrap();
        let record = probe.record(name).await;
        if name != "a" {
            assert!(record.number > last, "{name}");
        }
        last = last.max(record.number);
    }
    // The number of a purged call is not used again either.
    probe.reply_to("c").await;
    let send = probe.send().await;
    let end = Transition::Complete(Completion::Delivered);
    store.finish(&send.claim, end, at(2)).await.unwrap();
    assert_eq!(store.purge_completed(at(3), 10).await.unwrap(), 1);
    assert!(store.call(&token("c")).await.unwrap().is_none());
    probe.accept(&["c"]).await;
    assert!(probe.record("c").await.number > last);
}
