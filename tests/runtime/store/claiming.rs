//! A claimed call belongs to one claimer, in the order of deadlines.

use std::collections::BTreeMap;
use std::sync::Arc;

use bizproc_runtime::ErrorKind;
use bizproc_runtime::store::{
    CallStage, CallState, Claim, Completion, RunQuota, SendHistory, Transition,
};

use super::backends::{
    CODE, Home, MEMBER, On, answer, at, call, run_names, send_names, slot, token,
};

pub(crate) async fn deadlines_come_first_then_the_order_of_acceptance(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for (name, deadline) in [
        ("never 1", None),
        ("late", Some(90)),
        ("soon 1", Some(20)),
        ("never 2", None),
        ("soon 2", Some(20)),
        ("past", Some(0)),
    ] {
        on.accept_with(name, |call| call.head.deadline = deadline.map(at))
            .await;
    }
    let order = ["past", "soon 1", "soon 2", "late", "never 1", "never 2"];
    let (first, rest) = (on.runs(2).await, on.runs(10).await);
    assert_eq!(run_names(&first), order[..2]);
    assert_eq!(run_names(&rest), order[2..]);
    for run in first.iter().chain(&rest) {
        let said = Transition::Reply(answer("said"));
        assert!(store.finish(&run.claim, said, at(2)).await.unwrap());
    }
    let (first, rest) = (on.sends(4).await, on.sends(10).await);
    assert_eq!(send_names(&first), order[..4]);
    assert_eq!(send_names(&rest), order[4..]);
}

pub(crate) async fn answers_that_were_taken_come_last(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept_with("taken", |call| call.head.deadline = Some(at(10)))
        .await;
    on.answered("taken").await;
    let send = on.send().await;
    let next = Transition::Redeliver(at(5), SendHistory::default());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    on.accept(&["new"]).await;
    on.answered("new").await;
    store.release_due(at(5)).await.unwrap();
    assert_eq!(on.stage("taken").await, CallStage::Delivered);
    assert_eq!(send_names(&on.sends(10).await), ["new", "taken"]);
}

pub(crate) async fn slots_and_the_total_bound_a_claim(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for index in 0..6 {
        for code in ["one", "two", "three"] {
            on.accept_with(&format!("{code} {index}"), |call| {
                code.clone_into(&mut call.head.code);
                call.head.deadline = (code == "two").then(|| at(50));
            })
            .await;
        }
    }
    let mut codes = store.runnable_robots().await.unwrap();
    codes.sort_unstable();
    assert_eq!(codes, ["one", "three", "two"]);
    let slots = [("one", 2), ("two", 3), ("none", 9), ("three", 0)];
    let slots = slots.map(|(code, at_most)| RunQuota { code, max: at_most });
    let runs = store.claim_runs(&slots, 4, at(9)).await.unwrap();
    assert_eq!(run_names(&runs), ["two 0", "two 1", "two 2", "one 0"]);
    let runs = store.claim_runs(&slots, 100, at(9)).await.unwrap();
    let names = ["two 3", "two 4", "two 5", "one 1", "one 2"];
    assert_eq!(run_names(&runs), names);
    assert!(store.claim_runs(&slots, 0, at(9)).await.unwrap().is_empty());
    assert!(store.claim_runs(&[], 9, at(9)).await.unwrap().is_empty());
    let mut codes = store.runnable_robots().await.unwrap();
    codes.sort_unstable();
    assert_eq!(codes, ["one", "three"]);
}

pub(crate) async fn a_portal_gets_its_own_answers(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    for (name, member_id) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "z")] {
        on.accept_with(name, |call| member_id.clone_into(&mut call.head.member_id))
            .await;
    }
    for name in ["c", "b", "a"] {
        on.answered(name).await;
    }
    let mut portals = store.portals_with_replies().await.unwrap();
    portals.sort_unstable();
    assert_eq!(portals, ["x", "y"]);
    let sends = store.claim_replies("x", 10, at(9)).await.unwrap();
    assert_eq!(send_names(&sends), ["a", "c"]);
    assert_eq!(sends[0].head.member_id, "x");
    assert_eq!(store.portals_with_replies().await.unwrap(), ["y"]);
    assert!(store.claim_replies("z", 9, at(9)).await.unwrap().is_empty());
    assert!(store.claim_replies("y", 0, at(9)).await.unwrap().is_empty());
}

/// Claims in small bites until nothing is left, many at once; everybody gets what is nobody
/// else's.
pub(crate) async fn of_many_claimers_one_gets_a_call(home: &Home) {
    const CALLS: usize = 120;
    let store = home.open().await;
    let on = On(&*store);
    for index in 0..CALLS {
        on.accept(&[&index.to_string()]).await;
    }
    let mut tasks = Vec::new();
    for claimer in 1..=8 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let (mut ran, mut sent) = (Vec::new(), Vec::new());
            let mut idle = 0;
            while idle < 20 {
                let slots = [slot(claimer)];
                let runs = store.claim_runs(&slots, claimer, at(9)).await.unwrap();
                for run in &runs {
                    let said = Transition::Reply(answer("said"));
                    assert!(store.finish(&run.claim, said, at(2)).await.unwrap());
                }
                let sends = store.claim_replies(MEMBER, claimer, at(9)).await.unwrap();
                idle = if runs.is_empty() && sends.is_empty() {
                    idle + 1
                } else {
                    0
                };
                ran.extend(runs.into_iter().map(|run| run.call.head.event_token));
                sent.extend(sends.into_iter().map(|send| send.head.event_token));
                tokio::task::yield_now().await;
            }
            (ran, sent)
        }));
    }
    let (mut ran, mut sent) = (BTreeMap::new(), BTreeMap::new());
    for task in tasks {
        let (own_ran, own_sent) = task.await.unwrap();
        for token in own_ran {
            *ran.entry(token.as_str().to_owned()).or_insert(0) += 1;
        }
        for token in own_sent {
            *sent.entry(token.as_str().to_owned()).or_insert(0) += 1;
        }
    }
    for claimed in [ran, sent] {
        assert_eq!(claimed.len(), CALLS);
        assert!(claimed.values().all(|times| *times == 1), "{claimed:?}");
    }
}

/// Claims the call `a`, lets something happen, and sees that the claim is worth nothing.
async fn lost(home: &Home, to_send: bool, event: &str) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let claim = if to_send {
        on.answered("a").await;
        on.send().await.claim
    } else {
        on.run().await.claim
    };
    match event {
        "ended" => assert_eq!(store.release_due(at(100)).await.unwrap(), None),
        "released" => store
            .release_claims(std::slice::from_ref(&claim))
            .await
            .unwrap(),
        "finished" => {
            let next = Transition::Complete(Completion::WorkflowGone);
            assert!(store.finish(&claim, next, at(3)).await.unwrap());
        }
        "answered" => on.answered("a").await,
        "claimed by another" => {
            store
                .release_claims(std::slice::from_ref(&claim))
                .await
                .unwrap();
            let (runs, sends) = (on.runs(1).await, on.sends(1).await);
            assert_eq!(runs.len() + sends.len(), 1);
        }
        "removed" => store.remove_portal(MEMBER, at(3)).await.unwrap(),
        other => panic!("{other}"),
    }
    let before = format!("{:?}", on.record("a").await);
    let nexts = [
        Transition::RetryRun(at(9)),
        Transition::Defer,
        Transition::Reply(answer("late")),
        Transition::RetrySend(at(9), SendHistory::default()),
        Transition::Redeliver(at(9), SendHistory::default()),
        Transition::Complete(Completion::Delivered),
        Transition::DeadLetter("late".to_owned()),
    ];
    for next in nexts {
        let finished = store.finish(&claim, next.clone(), at(8)).await.unwrap();
        assert!(!finished, "{event}: {next:?}");
    }
    let claims = [claim];
    store.extend_leases(&claims, at(999)).await.unwrap();
    store.release_claims(&claims).await.unwrap();
    assert_eq!(format!("{:?}", on.record("a").await), before, "{event}");
}

pub(crate) async fn a_lost_claim_to_run_changes_nothing(home: &Home) {
    for event in [
        "ended",
        "released",
        "finished",
        "answered",
        "claimed by another",
    ] {
        lost(&home.another().await, false, event).await;
    }
}

pub(crate) async fn a_lost_claim_to_send_changes_nothing(home: &Home) {
    for event in [
        "ended",
        "released",
        "finished",
        "claimed by another",
        "removed",
    ] {
        lost(&home.another().await, true, event).await;
    }
}

pub(crate) async fn a_claim_of_nothing_is_lost(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let claim = on.run().await.claim;
    let forged = [
        (token("unknown"), claim.fence),
        (token("a"), claim.fence + 1),
        (token("a"), 0),
        (token("a"), u64::MAX),
    ];
    for (event_token, fence) in forged {
        let forged = Claim { event_token, fence };
        let finished = store
            .finish(&forged, Transition::Defer, at(2))
            .await
            .unwrap();
        assert!(!finished, "{forged:?}");
    }
    assert!(
        store
            .finish(&claim, Transition::Defer, at(2))
            .await
            .unwrap()
    );
}

pub(crate) async fn a_claim_is_finished_as_what_it_is(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["run", "sent"]).await;
    on.answered("sent").await;
    let (run, send) = (on.run().await.claim, on.send().await.claim);
    let sending = SendHistory::default();
    for (claim, wrong) in [
        (&run, Transition::RetrySend(at(9), sending.clone())),
        (&run, Transition::Redeliver(at(9), sending)),
        (&send, Transition::RetryRun(at(9))),
        (&send, Transition::Defer),
        (&send, Transition::Reply(answer("second"))),
    ] {
        let error = store.finish(claim, wrong.clone(), at(2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store, "{wrong:?}");
    }
    assert_eq!(
        on.record("sent").await.state,
        CallState::Replied(answer("sent"))
    );
    for claim in [run, send] {
        let next = Transition::Complete(Completion::WorkflowGone);
        assert!(store.finish(&claim, next, at(2)).await.unwrap());
    }
}

pub(crate) async fn fences_grow(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a"]).await;
    let mut last = 0;
    for round in 1..=5 {
        let run = on.run().await;
        assert!(run.claim.fence > last);
        assert_eq!((run.runs_started, run.failures), (round, 0));
        last = run.claim.fence;
        if round % 2 == 0 {
            store.release_claims(&[run.claim]).await.unwrap();
        } else {
            store.release_due(at(100)).await.unwrap();
        }
    }
    on.answered("a").await;
    assert!(on.send().await.claim.fence > last);
}

pub(crate) async fn a_lease_is_extended(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a", "b"]).await;
    let runs = on.runs(2).await;
    let claims = runs.into_iter().map(|run| run.claim).collect::<Vec<_>>();
    store.extend_leases(&claims[..1], at(200)).await.unwrap();
    assert_eq!(store.release_due(at(100)).await.unwrap(), Some(at(200)));
    assert_eq!(run_names(&on.runs(9).await), ["b"], "whose lease ended");
    // The other one is kept, and shortened.
    store.extend_leases(&claims[..1], at(50)).await.unwrap();
    assert_eq!(on.record("a").await.next_attempt_at, Some(at(50)));
    let next = Transition::Reply(answer("a"));
    assert!(store.finish(&claims[0], next, at(120)).await.unwrap());
    assert!(
        !store
            .finish(&claims[1], Transition::Defer, at(120))
            .await
            .unwrap()
    );
}

pub(crate) async fn what_is_released_can_be_had_at_once(home: &Home) {
    let store = home.open().await;
    let on = On(&*store);
    on.accept(&["a", "b", "c"]).await;
    on.answered("c").await;
    let mut claims = Vec::new();
    claims.extend(on.runs(9).await.into_iter().map(|run| run.claim));
    claims.extend(on.sends(9).await.into_iter().map(|send| send.claim));
    assert_eq!(claims.len(), 3);
    assert!(store.runnable_robots().await.unwrap().is_empty());
    assert!(store.portals_with_replies().await.unwrap().is_empty());
    store.release_claims(&claims).await.unwrap();
    assert_eq!(store.runnable_robots().await.unwrap(), [CODE]);
    assert_eq!(store.portals_with_replies().await.unwrap(), [MEMBER]);
    assert_eq!(store.release_due(at(1000)).await.unwrap(), None);
    assert_eq!(run_names(&on.runs(9).await), ["a", "b"]);
    let send = on.send().await;
    assert_eq!(send.head, call("c").head);
    assert_eq!(send.history, SendHistory::default());
}
