//! A call is kept once.

use std::collections::HashSet;
use std::sync::Arc;

use bizproc_runtime::store::{
    AcceptOutcome, CallStage, CallState, Completion, SendHistory, Transition,
};
use futures_util::future::join_all;

use super::backends::{Home, On, answer, at, call, run_names, token};

pub(crate) async fn a_call_is_kept_once(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let mut other = call("a");
    other.body = "another body".into();
    for _ in 0..2 {
        let again = store.accept(other.clone(), at(5)).await.unwrap();
        assert_eq!(again, AcceptOutcome::Duplicate);
    }
    let run = on.run().await;
    assert_eq!(run.call, call("a"), "the first delivery is what runs");
    assert_eq!(on.record("a").await.accepted_at, at(1));
}

pub(crate) async fn of_many_at_once_one_is_new(home: &Home) {
    let store = home.open().await;
    let mut tasks = Vec::new();
    for name in 0..100 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            // Ten calls, ten times each.
            let call = call(&(name % 10).to_string());
            store.accept(call, at(1)).await.unwrap()
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
    assert_eq!(store.counts().await.unwrap().of(CallStage::Accepted), 10);
    assert_eq!(On(&*store).runs(100).await.len(), 10);
}

/// A store may keep them by one statement, whatever else comes with them.
pub(crate) async fn calls_that_come_together_are_kept_each_for_itself(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for known in [None, Some("known")] {
        on.accept(known.as_slice()).await;
        let names = (0..150).map(|number| format!("{number} {known:?}"));
        let names = names.chain(known.map(str::to_owned)).collect::<Vec<_>>();
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
        let runs = on.runs(1000).await;
        assert_eq!(runs.len(), names.len());
        for run in &runs {
            let token = run.call.head.event_token.as_str();
            let name = token.rsplit('|').next().unwrap();
            assert_eq!(run.call, call(name), "each has a body of its own");
        }
        assert_eq!(
            run_names(&runs).into_iter().collect::<HashSet<_>>().len(),
            names.len()
        );
    }
}

pub(crate) async fn a_call_in_any_stage_is_a_duplicate(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["running", "deferred", "answered", "dead", "gone"])
        .await;
    for run in on.runs(10).await {
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
            "answered" => Transition::Reply(answer("first")),
            "dead" => Transition::DeadLetter("odd".to_owned()),
            "gone" => Transition::Complete(Completion::WorkflowGone),
            _ => continue,
        };
        assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    }
    for name in ["running", "deferred", "answered", "dead", "gone"] {
        let before = on.record(name).await;
        let again = store.accept(call(name), at(3)).await.unwrap();
        assert_eq!(again, AcceptOutcome::Duplicate, "{name}");
        let after = on.record(name).await;
        assert_eq!(
            (before.state, before.next_attempt_at, before.runs),
            (after.state, after.next_attempt_at, after.runs)
        );
    }
}

pub(crate) async fn a_sent_answer_is_said_again(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    on.answered("a").await;
    for round in 0..2 {
        let send = on.send().await;
        assert_eq!(send.reply, answer("a"));
        let end = Transition::Complete(Completion::Delivered);
        assert!(store.finish(&send.claim, end, at(3)).await.unwrap());
        let settled = CallState::Completed(Completion::Delivered);
        assert_eq!(on.record("a").await.state, settled);

        let mut foreign = call("a");
        "another portal".clone_into(&mut foreign.head.member_id);
        let accepted = store.accept(foreign, at(4)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Duplicate);
        assert_eq!(on.record("a").await.state, settled);

        let mut again = call("a");
        again.body = format!("with newer tokens {round}").into();
        let accepted = store.accept(again.clone(), at(4)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Redelivered);
        let accepted = store.accept(call("a"), at(4)).await.unwrap();
        assert_eq!(
            accepted,
            AcceptOutcome::Duplicate,
            "it is on its way already"
        );
        assert_eq!(on.stage("a").await, CallStage::Delivered);
        assert!(on.runs(10).await.is_empty(), "the code does not run again");
        let send = on.send().await;
        assert_eq!(send.head, again.head);
        assert_eq!(send.reply, answer("a"));
        store.release_claims(&[send.claim]).await.unwrap();
    }
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.of(CallStage::Delivered),
            counts.of(CallStage::Completed)
        ),
        (1, 0)
    );
}

pub(crate) async fn what_was_settled_otherwise_is_not_said_again(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    let ends = [
        Completion::PresumedDelivered,
        Completion::WorkflowGone,
        Completion::Expired,
        Completion::Uninstalled,
        Completion::NoReplyExpected,
    ];
    for settlement in ends {
        let name = format!("{settlement:?}");
        on.accept(&[&name]).await;
        on.answered(&name).await;
        let send = on.send().await;
        let next = Transition::Complete(settlement);
        assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
        let again = store.accept(call(&name), at(4)).await.unwrap();
        assert_eq!(again, AcceptOutcome::Duplicate, "{name}");
        assert_eq!(
            on.record(&name).await.state,
            CallState::Completed(settlement)
        );
    }
    assert!(on.sends(10).await.is_empty());
}

pub(crate) async fn a_repeat_keeps_what_attempts_have_shown(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    on.answered("a").await;
    let send = on.send().await;
    let mut shown = SendHistory::default();
    (shown.attempts, shown.delivered) = (3, 1);
    (shown.first_attempt_at, shown.ambiguous) = (Some(at(2)), true);
    let next = Transition::Redeliver(at(5), shown.clone());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    store.release_due(at(5)).await.unwrap();
    let send = on.send().await;
    assert_eq!(send.history, shown);
    let end = Transition::Complete(Completion::Delivered);
    assert!(store.finish(&send.claim, end, at(6)).await.unwrap());
    let again = store.accept(call("a"), at(7)).await.unwrap();
    assert_eq!(again, AcceptOutcome::Redelivered);
    assert_eq!(on.send().await.history, shown);
    assert_eq!(on.record("a").await.sends, 3);
}

pub(crate) async fn numbers_grow(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    let mut last = 0;
    for name in ["a", "b", "a", "c"] {
        store.accept(call(name), at(1)).await.unwrap();
        let record = on.record(name).await;
        if name != "a" {
            assert!(record.number > last, "{name}");
        }
        last = last.max(record.number);
    }
    // Nor is the number of a forgotten call given again.
    on.answered("c").await;
    let send = on.send().await;
    let end = Transition::Complete(Completion::Delivered);
    store.finish(&send.claim, end, at(2)).await.unwrap();
    assert_eq!(store.purge_completed(at(3), 10).await.unwrap(), 1);
    assert!(store.call(&token("c")).await.unwrap().is_none());
    on.accept(&["c"]).await;
    assert!(on.record("c").await.number > last);
}
