//! A claimed call belongs to one claimer, in the order of deadlines.

use std::collections::BTreeMap;
use std::sync::Arc;

use bizproc_runtime::ErrorKind;
use bizproc_runtime::store::{
    CallStage, CallState, Claim, Completion, RunQuota, SendHistory, Transition,
};

use super::backends::{
    Backend, CODE, MEMBER, StoreProbe, at, call, quota, reply, run_names, send_names, token,
};

pub(crate) async fn deadlines_come_first_then_the_order_of_acceptance(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for (name, deadline) in [
        ("never 1", None),
        ("late", Some(90)),
        ("soon 1", Some(20)),
        ("never 2", None),
        ("soon 2", Some(20)),
        ("past", Some(0)),
    ] {
        probe
            .accept_with(name, |call| call.head.deadline = deadline.map(at))
            .await;
    }
    let order = ["past", "soon 1", "soon 2", "late", "never 1", "never 2"];
    let first = probe.runs(2).await;
    let rest = probe.runs(10).await;
    assert_eq!(run_names(&first), order[..2]);
    assert_eq!(run_names(&rest), order[2..]);
    for run in first.iter().chain(&rest) {
        let next = Transition::Reply(reply("text"));
        assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    }
    let first = probe.sends(4).await;
    let rest = probe.sends(10).await;
    assert_eq!(send_names(&first), order[..4]);
    assert_eq!(send_names(&rest), order[4..]);
}

pub(crate) async fn delivered_replies_are_claimed_last(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe
        .accept_with("delivered", |call| call.head.deadline = Some(at(10)))
        .await;
    probe.reply_to("delivered").await;
    let send = probe.send().await;
    let next = Transition::Redeliver(at(5), SendHistory::default());
    assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
    probe.accept(&["new"]).await;
    probe.reply_to("new").await;
    store.release_due(at(5)).await.unwrap();
    assert_eq!(probe.stage("delivered").await, CallStage::Delivered);
    assert_eq!(send_names(&probe.sends(10).await), ["new", "delivered"]);
}

pub(crate) async fn quotas_and_the_total_limit_a_claim(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for index in 0..6 {
        for code in ["one", "two", "three"] {
            probe
                .accept_with(&format!("{code} {index}"), |call| {
                    code.clone_into(&mut call.head.code);
                    call.head.deadline = (code == "two").then(|| at(50));
                })
                .await;
        }
    }
    let mut codes = store.runnable_robots().await.unwrap();
    codes.sort_unstable();
    assert_eq!(codes, ["one", "three", "two"]);
    let quotas = [("one", 2), ("two", 3), ("none", 9), ("three", 0)]
        .map(|(code, max)| RunQuota { code, max });
    let runs = store.claim_runs(&quotas, 4, at(9)).await.unwrap();
    assert_eq!(run_names(&runs), ["two 0", "two 1", "two 2", "one 0"]);
    let runs = store.claim_runs(&quotas, 100, at(9)).await.unwrap();
    let names = ["two 3", "two 4", "two 5", "one 1", "one 2"];
    assert_eq!(run_names(&runs), names);
    assert!(
        store
            .claim_runs(&quotas, 0, at(9))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.claim_runs(&[], 9, at(9)).await.unwrap().is_empty());
    let mut codes = store.runnable_robots().await.unwrap();
    codes.sort_unstable();
    assert_eq!(codes, ["one", "three"]);
}

pub(crate) async fn a_portal_gets_its_own_replies(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for (name, member_id) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "z")] {
        probe
            .accept_with(name, |call| member_id.clone_into(&mut call.head.member_id))
            .await;
    }
    for name in ["c", "b", "a"] {
        probe.reply_to(name).await;
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

/// Many claimers take a few calls each until none is left; no call is claimed twice.
pub(crate) async fn one_of_many_claimers_gets_a_call(backend: &Backend) {
    const CALLS: usize = 120;
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for index in 0..CALLS {
        probe.accept(&[&index.to_string()]).await;
    }
    let mut tasks = Vec::new();
    for claimer in 1..=8 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let mut ran = Vec::new();
            let mut sent = Vec::new();
            let mut idle = 0;
            while idle < 20 {
                let quotas = [quota(claimer)];
                let runs = store.claim_runs(&quotas, claimer, at(9)).await.unwrap();
                for run in &runs {
                    let next = Transition::Reply(reply("text"));
                    assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
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
    let mut ran = BTreeMap::new();
    let mut sent = BTreeMap::new();
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

/// Claims the call `a`, lets something happen, and checks that the claim is lost.
async fn check_lost(backend: &Backend, to_send: bool, event: &str) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let claim = if to_send {
        probe.reply_to("a").await;
        probe.send().await.claim
    } else {
        probe.run().await.claim
    };
    match event {
        "expired" => assert_eq!(store.release_due(at(100)).await.unwrap(), None),
        "released" => store
            .release_claims(std::slice::from_ref(&claim))
            .await
            .unwrap(),
        "finished" => {
            let next = Transition::Complete(Completion::WorkflowGone);
            assert!(store.finish(&claim, next, at(3)).await.unwrap());
        }
        "replied" => probe.reply_to("a").await,
        "claimed by another" => {
            store
                .release_claims(std::slice::from_ref(&claim))
                .await
                .unwrap();
            let runs = probe.runs(1).await.len();
            let sends = probe.sends(1).await.len();
            assert_eq!(runs + sends, 1);
        }
        "removed" => store.remove_portal(MEMBER, at(3)).await.unwrap(),
        other => panic!("{other}"),
    }
    let before = format!("{:?}", probe.record("a").await);
    let nexts = [
        Transition::RetryRun(at(9)),
        Transition::Defer,
        Transition::Reply(reply("late")),
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
    assert_eq!(format!("{:?}", probe.record("a").await), before, "{event}");
}

pub(crate) async fn a_lost_claim_to_run_changes_nothing(backend: &Backend) {
    for event in [
        "expired",
        "released",
        "finished",
        "replied",
        "claimed by another",
    ] {
        check_lost(&backend.another().await, false, event).await;
    }
}

pub(crate) async fn a_lost_claim_to_send_changes_nothing(backend: &Backend) {
    for event in [
        "expired",
        "released",
        "finished",
        "claimed by another",
        "removed",
    ] {
        check_lost(&backend.another().await, true, event).await;
    }
}

pub(crate) async fn a_forged_claim_changes_nothing(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let claim = probe.run().await.claim;
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

pub(crate) async fn a_claim_is_finished_by_a_transition_of_its_kind(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["run", "sent"]).await;
    probe.reply_to("sent").await;
    let run = probe.run().await.claim;
    let send = probe.send().await.claim;
    let sending = SendHistory::default();
    for (claim, wrong) in [
        (&run, Transition::RetrySend(at(9), sending.clone())),
        (&run, Transition::Redeliver(at(9), sending)),
        (&send, Transition::RetryRun(at(9))),
        (&send, Transition::Defer),
        (&send, Transition::Reply(reply("second"))),
    ] {
        let error = store.finish(claim, wrong.clone(), at(2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store, "{wrong:?}");
    }
    assert_eq!(
        probe.record("sent").await.state,
        CallState::Replied(reply("sent"))
    );
    for claim in [run, send] {
        let next = Transition::Complete(Completion::WorkflowGone);
        assert!(store.finish(&claim, next, at(2)).await.unwrap());
    }
}

pub(crate) async fn fencing_tokens_grow(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let mut last = 0;
    for round in 1..=5 {
        let run = probe.run().await;
        assert!(run.claim.fence > last);
        assert_eq!((run.runs_started, run.failures), (round, 0));
        last = run.claim.fence;
        if round % 2 == 0 {
            store.release_claims(&[run.claim]).await.unwrap();
        } else {
            store.release_due(at(100)).await.unwrap();
        }
    }
    probe.reply_to("a").await;
    assert!(probe.send().await.claim.fence > last);
}

pub(crate) async fn a_lease_is_extended(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a", "b"]).await;
    let runs = probe.runs(2).await;
    let claims = runs.into_iter().map(|run| run.claim).collect::<Vec<_>>();
    store.extend_leases(&claims[..1], at(200)).await.unwrap();
    assert_eq!(store.release_due(at(100)).await.unwrap(), Some(at(200)));
    assert_eq!(
        run_names(&probe.runs(9).await),
        ["b"],
        "the one whose lease ended"
    );
    // The other lease lasts, and is shortened.
    store.extend_leases(&claims[..1], at(50)).await.unwrap();
    assert_eq!(probe.record("a").await.next_attempt_at, Some(at(50)));
    let next = Transition::Reply(reply("a"));
    assert!(store.finish(&claims[0], next, at(120)).await.unwrap());
    assert!(
        !store
            .finish(&claims[1], Transition::Defer, at(120))
            .await
            .unwrap()
    );
}

pub(crate) async fn a_released_call_is_claimable_immediately(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a", "b", "c"]).await;
    probe.reply_to("c").await;
    let mut claims = Vec::new();
    claims.extend(probe.runs(9).await.into_iter().map(|run| run.claim));
    claims.extend(probe.sends(9).await.into_iter().map(|send| send.claim));
    assert_eq!(claims.len(), 3);
    assert!(store.runnable_robots().await.unwrap().is_empty());
    assert!(store.portals_with_replies().await.unwrap().is_empty());
    store.release_claims(&claims).await.unwrap();
    assert_eq!(store.runnable_robots().await.unwrap(), [CODE]);
    assert_eq!(store.portals_with_replies().await.unwrap(), [MEMBER]);
    assert_eq!(store.release_due(at(1000)).await.unwrap(), None);
    assert_eq!(run_names(&probe.runs(9).await), ["a", "b"]);
    let send = probe.send().await;
    assert_eq!(send.head, call("c").head);
    assert_eq!(send.history, SendHistory::default());
}
