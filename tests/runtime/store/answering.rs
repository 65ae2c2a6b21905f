//! One answer is effective, and every way a claim ends.

use std::sync::Arc;

use bizproc_runtime::ErrorKind;
use bizproc_runtime::store::{
    AcceptOutcome, CallStage, CallState, Completion, SendHistory, Transition,
};

use super::backends::{Home, On, answer, at, call, token};

pub(crate) async fn the_first_answer_wins(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let claim = on.run().await.claim;
    on.answered("a").await;
    let second = store.save_reply(&token("a"), answer("second"), at(3)).await;
    assert!(!second.unwrap());
    let late = Transition::Reply(answer("third"));
    assert!(!store.finish(&claim, late, at(3)).await.unwrap());
    assert_eq!(on.send().await.reply, answer("a"));
}

pub(crate) async fn of_many_answers_at_once_one_wins(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let claim = on.run().await.claim;
    let mut tasks = Vec::new();
    for index in 0..40 {
        let (store, claim) = (Arc::clone(&store), claim.clone());
        tasks.push(tokio::spawn(async move {
            let given = answer(&index.to_string());
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
    let send = on.send().await;
    assert_eq!(send.reply, winners[0]);
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.of(CallStage::Accepted),
            counts.of(CallStage::Replied)
        ),
        (0, 1)
    );
}

pub(crate) async fn a_step_that_does_not_wait_is_settled_by_its_answer(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for name in ["by answer", "by finish", "by ticket"] {
        on.accept_with(name, |call| call.head.expects_reply = false)
            .await;
    }
    on.answered("by answer").await;
    let runs = on.runs(2).await;
    assert!(!runs[0].call.head.expects_reply);
    let next = Transition::Reply(answer("unheard"));
    assert!(store.finish(&runs[0].claim, next, at(3)).await.unwrap());
    let deferred = store.finish(&runs[1].claim, Transition::Defer, at(3)).await;
    assert!(deferred.unwrap());
    on.answered("by ticket").await;
    for name in ["by answer", "by finish", "by ticket"] {
        let settled = CallState::Completed(Completion::NoReplyExpected);
        assert_eq!(on.record(name).await.state, settled, "{name}");
        let again = store.save_reply(&token(name), answer("again"), at(4)).await;
        assert!(!again.unwrap());
        let again = store.accept(call(name), at(5)).await.unwrap();
        assert_eq!(again, AcceptOutcome::Duplicate);
    }
    assert!(store.portals_with_replies().await.unwrap().is_empty());
}

pub(crate) async fn a_run_ends_in_every_way(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let run = on.run().await;
    let next = Transition::RetryRun(at(10));
    assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    assert!(on.runs(9).await.is_empty(), "it pauses");
    assert_eq!(on.record("a").await.next_attempt_at, Some(at(10)));
    assert_eq!(store.release_due(at(9)).await.unwrap(), Some(at(10)));
    assert!(on.runs(9).await.is_empty(), "it still pauses");
    assert_eq!(store.release_due(at(10)).await.unwrap(), None);
    let run = on.run().await;
    assert_eq!((run.runs_started, run.failures), (2, 1));
    assert_eq!(run.call, call("a"));
    assert_eq!(on.record("a").await.runs, 2);

    let next = Transition::Reply(answer("a"));
    assert!(store.finish(&run.claim, next, at(11)).await.unwrap());
    assert_eq!(on.record("a").await.state, CallState::Replied(answer("a")));
    assert_eq!(on.record("a").await.next_attempt_at, None);

    on.accept(&["b"]).await;
    let next = Transition::Complete(Completion::WorkflowGone);
    let claim = on.run().await.claim;
    assert!(store.finish(&claim, next, at(12)).await.unwrap());
    let settled = CallState::Completed(Completion::WorkflowGone);
    assert_eq!(on.record("b").await.state, settled);
}

pub(crate) async fn an_attempt_to_send_ends_in_every_way(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    on.answered("a").await;
    let send = on.send().await;
    assert_eq!(send.head, call("a").head);
    assert_eq!(send.history, SendHistory::default());
    let mut shown = SendHistory::default();
    (shown.attempts, shown.first_attempt_at, shown.ambiguous) = (1, Some(at(2)), true);
    let next = Transition::RetrySend(at(10), shown.clone());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    assert_eq!(on.record("a").await.state, CallState::Replied(answer("a")));
    assert_eq!(on.record("a").await.next_attempt_at, Some(at(10)));
    assert!(on.sends(9).await.is_empty(), "it pauses");
    assert_eq!(store.release_due(at(10)).await.unwrap(), None);

    let send = on.send().await;
    assert_eq!((&send.history, &send.reply), (&shown, &answer("a")));
    (shown.attempts, shown.delivered) = (2, 1);
    let next = Transition::Redeliver(at(20), shown.clone());
    assert!(store.finish(&send.claim, next, at(11)).await.unwrap());
    assert_eq!(
        on.record("a").await.state,
        CallState::Delivered(answer("a"))
    );
    store.release_due(at(20)).await.unwrap();
    let send = on.send().await;
    assert_eq!(send.history, shown);
    let next = Transition::RetrySend(at(30), shown.clone());
    assert!(store.finish(&send.claim, next, at(21)).await.unwrap());
    let stage = on.stage("a").await;
    assert_eq!(stage, CallStage::Delivered, "what was taken once stays so");
    store.release_due(at(30)).await.unwrap();
    let send = on.send().await;
    let next = Transition::Complete(Completion::Delivered);
    assert!(store.finish(&send.claim, next, at(31)).await.unwrap());
    let record = on.record("a").await;
    assert_eq!(record.state, CallState::Completed(Completion::Delivered));
    assert_eq!((record.sends, record.next_attempt_at), (2, None));
}

pub(crate) async fn a_deferred_call_waits_for_its_ticket(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for (name, deadline) in [("ever", None), ("early", Some(50)), ("late", Some(50))] {
        on.accept_with(name, |call| call.head.deadline = deadline.map(at))
            .await;
    }
    for run in on.runs(9).await {
        assert!(
            store
                .finish(&run.claim, Transition::Defer, at(3))
                .await
                .unwrap()
        );
    }
    for (name, due) in [("ever", None), ("early", Some(at(50)))] {
        let record = on.record(name).await;
        assert_eq!(
            (record.state, record.next_attempt_at),
            (CallState::Deferred, due)
        );
    }
    assert!(on.runs(9).await.is_empty(), "the code has ended");
    assert_eq!(store.release_due(at(49)).await.unwrap(), Some(at(50)));
    on.answered("early").await;
    assert_eq!(store.release_due(at(50)).await.unwrap(), None);
    let too_late = CallState::Completed(Completion::Expired);
    assert_eq!(on.record("late").await.state, too_late);
    let answered = store
        .save_reply(&token("late"), answer("late"), at(51))
        .await;
    assert!(!answered.unwrap());
    store.release_due(at(1_000_000)).await.unwrap();
    on.answered("ever").await;
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.of(CallStage::Replied),
            counts.of(CallStage::Completed)
        ),
        (2, 1)
    );
}

pub(crate) async fn a_call_is_buried_and_revived(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    assert!(!store.retry_dead(&token("a")).await.unwrap(), "it is alive");
    let claim = on.run().await.claim;
    let next = Transition::RetryRun(at(3));
    assert!(store.finish(&claim, next, at(2)).await.unwrap());
    store.release_due(at(3)).await.unwrap();
    let claim = on.run().await.claim;
    let next = Transition::DeadLetter("no portal".to_owned());
    assert!(store.finish(&claim, next, at(2)).await.unwrap());
    let reason = "no portal".to_owned();
    let dead = |reply| CallState::Dead {
        reason: reason.clone(),
        reply,
    };
    assert_eq!(on.record("a").await.state, dead(None));
    assert!(store.runnable_robots().await.unwrap().is_empty());
    assert!(
        !store
            .save_reply(&token("a"), answer("a"), at(4))
            .await
            .unwrap()
    );

    assert!(store.retry_dead(&token("a")).await.unwrap());
    assert!(!store.retry_dead(&token("a")).await.unwrap());
    let run = on.run().await;
    assert_eq!((run.runs_started, run.failures), (1, 0));
    assert_eq!(run.call, call("a"), "with its body");
    let next = Transition::Reply(answer("a"));
    assert!(store.finish(&run.claim, next, at(5)).await.unwrap());
    let mut shown = SendHistory::default();
    shown.attempts = 7;
    let next = Transition::RetrySend(at(6), shown);
    let claim = on.send().await.claim;
    assert!(store.finish(&claim, next, at(5)).await.unwrap());
    store.release_due(at(6)).await.unwrap();
    let claim = on.send().await.claim;
    let next = Transition::DeadLetter(reason.clone());
    assert!(store.finish(&claim, next, at(7)).await.unwrap());
    assert_eq!(on.record("a").await.state, dead(Some(answer("a"))));
    assert!(store.portals_with_replies().await.unwrap().is_empty());
    assert!(store.retry_dead(&token("a")).await.unwrap());
    let send = on.send().await;
    assert_eq!(send.reply, answer("a"));
    assert_eq!(send.history, SendHistory::default());
    assert_eq!(send.head, call("a").head);
}

pub(crate) async fn an_unknown_token_is_an_error(home: &Home) {
    let store = home.open().await;
    let unknown = token("unknown");
    let errors = [
        store
            .save_reply(&unknown, answer("x"), at(1))
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
