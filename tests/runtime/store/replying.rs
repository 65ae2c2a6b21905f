//! One reply counts; every transition of a claim.

use std::sync::Arc;

use bizproc_runtime::ErrorKind;
use bizproc_runtime::store::{
    AcceptOutcome, CallStage, CallState, Completion, SendHistory, Transition,
};

use super::backends::{Backend, StoreProbe, at, call, reply, token};

pub(crate) async fn the_first_reply_wins(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let claim = probe.run().await.claim;
    probe.reply_to("a").await;
    let second = store.save_reply(&token("a"), reply("second"), at(3)).await;
    assert!(!second.unwrap());
    let late = Transition::Reply(reply("third"));
    assert!(!store.finish(&claim, late, at(3)).await.unwrap());
    assert_eq!(probe.send().await.reply, reply("a"));
}

pub(crate) async fn one_of_many_concurrent_replies_wins(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let claim = probe.run().await.claim;
    let mut tasks = Vec::new();
    for index in 0..40 {
        let store = Arc::clone(&store);
        let claim = claim.clone();
        tasks.push(tokio::spawn(async move {
            let given = reply(&index.to_string());
            let won = if index % 2 == 0 {
                store.save_reply(&token("a"), given.clone(), at(2)).await
            } else {
                let next = Transition::Reply(given.clone());
                store.finish(&claim, next, at(2)).await
            };
            won.unwrap().then_some(given)
        }));
    }
    let mut winners = Vec::new();
    for task in tasks {
        winners.extend(task.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    let send = probe.send().await;
    assert_eq!(send.reply, winners[0]);
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.get(CallStage::Accepted),
            counts.get(CallStage::Replied)
        ),
        (0, 1)
    );
}

pub(crate) async fn a_step_that_does_not_wait_is_completed_by_its_reply(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for name in ["by reply", "by finish", "by ticket"] {
        probe
            .accept_with(name, |call| call.head.expects_reply = false)
            .await;
    }
    probe.reply_to("by reply").await;
    let runs = probe.runs(2).await;
    assert!(!runs[0].call.head.expects_reply);
    let next = Transition::Reply(reply("unused"));
    assert!(store.finish(&runs[0].claim, next, at(3)).await.unwrap());
    let deferred = store.finish(&runs[1].claim, Transition::Defer, at(3)).await;
    assert!(deferred.unwrap());
    probe.reply_to("by ticket").await;
    for name in ["by reply", "by finish", "by ticket"] {
        let completed = CallState::Completed(Completion::NoReplyExpected);
        assert_eq!(probe.record(name).await.state, completed, "{name}");
        let again = store.save_reply(&token(name), reply("again"), at(4)).await;
        assert!(!again.unwrap());
        let again = store.accept(call(name), at(5)).await.unwrap();
        assert_eq!(again, AcceptOutcome::Duplicate);
    }
    assert!(store.portals_with_replies().await.unwrap().is_empty());
}

pub(crate) async fn every_transition_ends_a_run(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let run = probe.run().await;
    let next = Transition::RetryRun(at(10));
    assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    assert!(probe.runs(9).await.is_empty(), "it is delayed");
    assert_eq!(probe.record("a").await.next_attempt_at, Some(at(10)));
    assert_eq!(store.release_due(at(9)).await.unwrap(), Some(at(10)));
    assert!(probe.runs(9).await.is_empty(), "it is still delayed");
    assert_eq!(store.release_due(at(10)).await.unwrap(), None);
    let run = probe.run().await;
    assert_eq!((run.runs_started, run.failures), (2, 1));
    assert_eq!(run.call, call("a"));
    assert_eq!(probe.record("a").await.runs, 2);

    let next = Transition::Reply(reply("a"));
    assert!(store.finish(&run.claim, next, at(11)).await.unwrap());
    assert_eq!(
        probe.record("a").await.state,
        CallState::Replied(reply("a"))
    );
    assert_eq!(probe.record("a").await.next_attempt_at, None);

    probe.accept(&["b"]).await;
    let next = Transition::Complete(Completion::WorkflowGone);
    let claim = probe.run().await.claim;
    assert!(store.finish(&claim, next, at(12)).await.unwrap());
    let completed = CallState::Completed(Completion::WorkflowGone);
    assert_eq!(probe.record("b").await.state, completed);
}

pub(crate) async fn every_transition_ends_a_send(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    probe.reply_to("a").await;
    let send = probe.send().await;
    assert_eq!(send.head, call("a").head);
    assert_eq!(send.history, SendHistory::default());
    let mut shown = SendHistory::default();
    shown.attempts = 1;
    shown.first_attempt_at = Some(at(2));
    shown.ambiguous = true;
    let next = Transition::RetrySend(at(10), shown.clone());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    assert_eq!(
        probe.record("a").await.state,
        CallState::Replied(reply("a"))
    );
    assert_eq!(probe.record("a").await.next_attempt_at, Some(at(10)));
    assert!(probe.sends(9).await.is_empty(), "it is delayed");
    assert_eq!(store.release_due(at(10)).await.unwrap(), None);

    let send = probe.send().await;
    assert_eq!((&send.history, &send.reply), (&shown, &reply("a")));
    shown.attempts = 2;
    shown.delivered = 1;
    let next = Transition::Redeliver(at(20), shown.clone());
    assert!(store.finish(&send.claim, next, at(11)).await.unwrap());
    assert_eq!(
        probe.record("a").await.state,
        CallState::Delivered(reply("a"))
    );
    store.release_due(at(20)).await.unwrap();
    let send = probe.send().await;
    assert_eq!(send.history, shown);
    let next = Transition::RetrySend(at(30), shown.clone());
    assert!(store.finish(&send.claim, next, at(21)).await.unwrap());
    let stage = probe.stage("a").await;
    assert_eq!(
        stage,
        CallStage::Delivered,
        "a delivered reply stays delivered"
    );
    store.release_due(at(30)).await.unwrap();
    let send = probe.send().await;
    let next = Transition::Complete(Completion::Delivered);
    assert!(store.finish(&send.claim, next, at(31)).await.unwrap());
    let record = probe.record("a").await;
    assert_eq!(record.state, CallState::Completed(Completion::Delivered));
    assert_eq!((record.sends, record.next_attempt_at), (2, None));
}

pub(crate) async fn a_deferred_call_waits_for_its_ticket(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for (name, deadline) in [("ever", None), ("early", Some(50)), ("late", Some(50))] {
        probe
            .accept_with(name, |call| call.head.deadline = deadline.map(at))
            .await;
    }
    for run in probe.runs(9).await {
        assert!(
            store
                .finish(&run.claim, Transition::Defer, at(3))
                .await
                .unwrap()
        );
    }
    for (name, due) in [("ever", None), ("early", Some(at(50)))] {
        let record = probe.record(name).await;
        assert_eq!(
            (record.state, record.next_attempt_at),
            (CallState::Deferred, due)
        );
    }
    assert!(probe.runs(9).await.is_empty(), "the code has ended");
    assert_eq!(store.release_due(at(49)).await.unwrap(), Some(at(50)));
    probe.reply_to("early").await;
    assert_eq!(store.release_due(at(50)).await.unwrap(), None);
    let too_late = CallState::Completed(Completion::Expired);
    assert_eq!(probe.record("late").await.state, too_late);
    let answered = store
        .save_reply(&token("late"), reply("late"), at(51))
        .await;
    assert!(!answered.unwrap());
    store.release_due(at(1_000_000)).await.unwrap();
    probe.reply_to("ever").await;
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.get(CallStage::Replied),
            counts.get(CallStage::Completed)
        ),
        (2, 1)
    );
}

pub(crate) async fn a_dead_letter_is_retried(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    assert!(!store.retry_dead(&token("a")).await.unwrap(), "it is alive");
    let claim = probe.run().await.claim;
    let next = Transition::RetryRun(at(3));
    assert!(store.finish(&claim, next, at(2)).await.unwrap());
    store.release_due(at(3)).await.unwrap();
    let claim = probe.run().await.claim;
    let next = Transition::DeadLetter("no portal".to_owned());
    assert!(store.finish(&claim, next, at(2)).await.unwrap());
    let reason = "no portal".to_owned();
    let dead = |reply| CallState::Dead {
        reason: reason.clone(),
        reply,
    };
    assert_eq!(probe.record("a").await.state, dead(None));
    assert!(store.runnable_robots().await.unwrap().is_empty());
    assert!(
        !store
            .save_reply(&token("a"), reply("a"), at(4))
            .await
            .unwrap()
    );

    assert!(store.retry_dead(&token("a")).await.unwrap());
    assert!(!store.retry_dead(&token("a")).await.unwrap());
    let run = probe.run().await;
    assert_eq!((run.runs_started, run.failures), (1, 0));
    assert_eq!(run.call, call("a"), "with its body");
    let next = Transition::Reply(reply("a"));
    assert!(store.finish(&run.claim, next, at(5)).await.unwrap());
    let mut shown = SendHistory::default();
    shown.attempts = 7;
    let next = Transition::RetrySend(at(6), shown);
    let claim = probe.send().await.claim;
    assert!(store.finish(&claim, next, at(5)).await.unwrap());
    store.release_due(at(6)).await.unwrap();
    let claim = probe.send().await.claim;
    let next = Transition::DeadLetter(reason.clone());
    assert!(store.finish(&claim, next, at(7)).await.unwrap());
    assert_eq!(probe.record("a").await.state, dead(Some(reply("a"))));
    assert!(store.portals_with_replies().await.unwrap().is_empty());
    assert!(store.retry_dead(&token("a")).await.unwrap());
    let send = probe.send().await;
    assert_eq!(send.reply, reply("a"));
    assert_eq!(send.history, SendHistory::default());
    assert_eq!(send.head, call("a").head);
}

pub(crate) async fn an_unknown_token_is_an_error(backend: &Backend) {
    let store = backend.open().await;
    let unknown = token("unknown");
    let errors = [
        store
            .save_reply(&unknown, reply("x"), at(1))
            .await
            .unwrap_err(),
        store.retry_dead(&unknown).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::UnknownCall);
        let text = error.to_string();
        assert!(!text.contains("unknown"), "the signature is shown: {text}");
    }
    assert!(store.call(&unknown).await.unwrap().is_none());
}
