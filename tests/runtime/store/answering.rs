//! One answer is effective, and every way a claim ends.

use std::sync::Arc;

use bizproc_runtime::Kind;
use bizproc_runtime::store::{Acceptance, Next, Sending, Settlement, Stage, State};

use super::backends::{Home, On, answer, at, call, token};

pub(crate) async fn the_first_answer_wins(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let claim = on.run().await.claim;
    on.answered("a").await;
    let second = store.answer(&token("a"), answer("second"), at(3)).await;
    assert!(!second.unwrap());
    let late = Next::Answer(answer("third"));
    assert!(!store.finish(&claim, late, at(3)).await.unwrap());
    assert_eq!(on.send().await.answer, answer("a"));
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
                store.answer(&token("a"), given.clone(), at(2)).await
            } else {
                let next = Next::Answer(given.clone());
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
    assert_eq!(send.answer, winners[0]);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.accepted, counts.answered), (0, 1));
}

pub(crate) async fn a_step_that_does_not_wait_is_settled_by_its_answer(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for name in ["by answer", "by finish", "by ticket"] {
        on.accept_with(name, |call| call.waits = false).await;
    }
    on.answered("by answer").await;
    let runs = on.runs(2).await;
    assert!(!runs[0].call.waits);
    let next = Next::Answer(answer("unheard"));
    assert!(store.finish(&runs[0].claim, next, at(3)).await.unwrap());
    let deferred = store.finish(&runs[1].claim, Next::Defer, at(3)).await;
    assert!(deferred.unwrap());
    on.answered("by ticket").await;
    for name in ["by answer", "by finish", "by ticket"] {
        let settled = State::Settled(Settlement::NotWaiting);
        assert_eq!(on.record(name).await.state, settled, "{name}");
        let again = store.answer(&token(name), answer("again"), at(4)).await;
        assert!(!again.unwrap());
        let again = store.accept(call(name), at(5)).await.unwrap();
        assert_eq!(again, Acceptance::Duplicate);
    }
    assert!(store.portals_to_send().await.unwrap().is_empty());
}

pub(crate) async fn a_run_ends_in_every_way(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let run = on.run().await;
    let next = Next::RunAgain(at(10));
    assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    assert!(on.runs(9).await.is_empty(), "it pauses");
    assert_eq!(on.record("a").await.due, Some(at(10)));
    assert_eq!(store.wake(at(9)).await.unwrap(), Some(at(10)));
    assert!(on.runs(9).await.is_empty(), "it still pauses");
    assert_eq!(store.wake(at(10)).await.unwrap(), None);
    let run = on.run().await;
    assert_eq!((run.starts, run.failures), (2, 1));
    assert_eq!(run.call, call("a"));
    assert_eq!(on.record("a").await.starts, 2);

    let next = Next::Answer(answer("a"));
    assert!(store.finish(&run.claim, next, at(11)).await.unwrap());
    assert_eq!(on.record("a").await.state, State::Answered(answer("a")));
    assert_eq!(on.record("a").await.due, None);

    on.accept(&["b"]).await;
    let next = Next::Settle(Settlement::Gone);
    let claim = on.run().await.claim;
    assert!(store.finish(&claim, next, at(12)).await.unwrap());
    let settled = State::Settled(Settlement::Gone);
    assert_eq!(on.record("b").await.state, settled);
}

pub(crate) async fn an_attempt_to_send_ends_in_every_way(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    on.answered("a").await;
    let send = on.send().await;
    assert_eq!(send.call, call("a"));
    assert_eq!(send.sending, Sending::default());
    let mut shown = Sending::default();
    (shown.attempts, shown.since, shown.ambiguous) = (1, Some(at(2)), true);
    let next = Next::SendAgain(at(10), shown.clone());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    assert_eq!(on.record("a").await.state, State::Answered(answer("a")));
    assert_eq!(on.record("a").await.due, Some(at(10)));
    assert!(on.sends(9).await.is_empty(), "it pauses");
    assert_eq!(store.wake(at(10)).await.unwrap(), None);

    let send = on.send().await;
    assert_eq!((&send.sending, &send.answer), (&shown, &answer("a")));
    (shown.attempts, shown.taken) = (2, 1);
    let next = Next::SayAgain(at(20), shown.clone());
    assert!(store.finish(&send.claim, next, at(11)).await.unwrap());
    assert_eq!(on.record("a").await.state, State::Taken(answer("a")));
    store.wake(at(20)).await.unwrap();
    let send = on.send().await;
    assert_eq!(send.sending, shown);
    let next = Next::SendAgain(at(30), shown.clone());
    assert!(store.finish(&send.claim, next, at(21)).await.unwrap());
    let stage = on.stage("a").await;
    assert_eq!(stage, Stage::Taken, "what was taken once stays so");
    store.wake(at(30)).await.unwrap();
    let send = on.send().await;
    let next = Next::Settle(Settlement::Sent);
    assert!(store.finish(&send.claim, next, at(31)).await.unwrap());
    let record = on.record("a").await;
    assert_eq!(record.state, State::Settled(Settlement::Sent));
    assert_eq!((record.sends, record.due), (2, None));
}

pub(crate) async fn a_deferred_call_waits_for_its_ticket(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for (name, deadline) in [("ever", None), ("early", Some(50)), ("late", Some(50))] {
        on.accept_with(name, |call| call.deadline = deadline.map(at))
            .await;
    }
    for run in on.runs(9).await {
        assert!(store.finish(&run.claim, Next::Defer, at(3)).await.unwrap());
    }
    for (name, due) in [("ever", None), ("early", Some(at(50)))] {
        let record = on.record(name).await;
        assert_eq!((record.state, record.due), (State::Deferred, due));
    }
    assert!(on.runs(9).await.is_empty(), "the code has ended");
    assert_eq!(store.wake(at(49)).await.unwrap(), Some(at(50)));
    on.answered("early").await;
    assert_eq!(store.wake(at(50)).await.unwrap(), None);
    let too_late = State::Settled(Settlement::TooLate);
    assert_eq!(on.record("late").await.state, too_late);
    let answered = store.answer(&token("late"), answer("late"), at(51)).await;
    assert!(!answered.unwrap());
    store.wake(at(1_000_000)).await.unwrap();
    on.answered("ever").await;
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.settled), (2, 1));
}

pub(crate) async fn a_call_is_buried_and_revived(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    assert!(!store.revive(&token("a")).await.unwrap(), "it is alive");
    let claim = on.run().await.claim;
    let next = Next::RunAgain(at(3));
    assert!(store.finish(&claim, next, at(2)).await.unwrap());
    store.wake(at(3)).await.unwrap();
    let claim = on.run().await.claim;
    let next = Next::Bury("no portal".to_owned());
    assert!(store.finish(&claim, next, at(2)).await.unwrap());
    let reason = "no portal".to_owned();
    let dead = |answer| State::Dead {
        reason: reason.clone(),
        answer,
    };
    assert_eq!(on.record("a").await.state, dead(None));
    assert!(store.codes_to_run().await.unwrap().is_empty());
    assert!(!store.answer(&token("a"), answer("a"), at(4)).await.unwrap());

    assert!(store.revive(&token("a")).await.unwrap());
    assert!(!store.revive(&token("a")).await.unwrap());
    let run = on.run().await;
    assert_eq!((run.starts, run.failures), (1, 0));
    assert_eq!(run.call, call("a"), "with its body");
    let next = Next::Answer(answer("a"));
    assert!(store.finish(&run.claim, next, at(5)).await.unwrap());
    let mut shown = Sending::default();
    shown.attempts = 7;
    let next = Next::SendAgain(at(6), shown);
    let claim = on.send().await.claim;
    assert!(store.finish(&claim, next, at(5)).await.unwrap());
    store.wake(at(6)).await.unwrap();
    let claim = on.send().await.claim;
    let next = Next::Bury(reason.clone());
    assert!(store.finish(&claim, next, at(7)).await.unwrap());
    assert_eq!(on.record("a").await.state, dead(Some(answer("a"))));
    assert!(store.portals_to_send().await.unwrap().is_empty());
    assert!(store.revive(&token("a")).await.unwrap());
    let send = on.send().await;
    assert_eq!(send.answer, answer("a"));
    assert_eq!(send.sending, Sending::default());
    assert_eq!(send.call, call("a"));
}

pub(crate) async fn an_unknown_token_is_an_error(home: &Home) {
    let store = home.open().await;
    let unknown = token("unknown");
    let errors = [
        store
            .answer(&unknown, answer("x"), at(1))
            .await
            .unwrap_err(),
        store.revive(&unknown).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), Kind::UnknownCall);
        let text = error.to_string();
        assert!(!text.contains("unknown"), "the signature is shown: {text}");
    }
    assert!(store.record(&unknown).await.unwrap().is_none());
}
