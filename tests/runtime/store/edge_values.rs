//! Every value that a portal or a program can store is read back unchanged.

use std::time::{Duration, SystemTime};

use bizproc_runtime::call::Document;
use bizproc_runtime::rest::EventToken;
use bizproc_runtime::store::{
    AcceptOutcome, CallHead, CallState, NewCall, RunQuota, SendHistory, StoredReply, Transition,
};
use serde_json::json;

use super::backends::{Backend, StoreProbe, at, call, reply, token};

pub(crate) async fn a_body_is_any_bytes(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let bytes = (0..=u8::MAX).cycle();
    let bodies = [
        Vec::new(),
        vec![0],
        bytes.clone().take(256).collect(),
        bytes.take(1 << 20).collect::<Vec<_>>(),
        vec![0xff; 5000],
    ];
    for (index, body) in bodies.iter().enumerate() {
        probe
            .accept_with(&index.to_string(), |call| call.body = body.clone().into())
            .await;
    }
    let store = backend.reopen(&store).await;
    let probe = StoreProbe(&*store);
    let runs = probe.runs(9).await;
    assert_eq!(runs.len(), bodies.len());
    for (run, body) in runs.iter().zip(&bodies) {
        assert!(run.call.body == *body, "{} bytes", body.len());
        let next = Transition::Reply(reply("text"));
        assert!(store.finish(&run.claim, next, at(2)).await.unwrap());
    }
    for (index, send) in probe.sends(9).await.iter().enumerate() {
        assert_eq!(send.head, call(&index.to_string()).head);
    }
}

/// A call whose every text ends so.
fn call_with_text(text: &str) -> NewCall {
    let own = |before: &str| format!("{before}{text}");
    let event_token = EventToken::new(own("token"));
    let mut head = CallHead::new(event_token, own("member"), own("code"));
    head.called_at = at(0);
    head.workflow_id = own("workflow");
    head.document = Some(Document {
        id: [own("module"), own("entity"), own("element")].into(),
        document_type: None,
    });
    head.access_token = Some(own("access").into());
    NewCall::new(head, "")
}

/// A reply whose every text ends so.
fn reply_with_text(text: &str) -> StoredReply {
    let values = json!({ text: text, "list": [text, null, 1.5, {"x": [true]}] });
    StoredReply {
        return_values: values.as_object().unwrap().clone(),
        log_message: Some(format!("log{text}")),
    }
}

pub(crate) async fn a_text_is_any_text(backend: &Backend) {
    let store = backend.open().await;
    let texts = [
        "",
        "\0",
        "a\0b",
        "\\0 \\ \\\\",
        "Ёж 🦔 \u{10ffff}",
        "'; DROP TABLE calls; --",
        "%_\"\n\r\t",
        &"long".repeat(5000),
    ];
    for text in texts {
        let own = |before: &str| format!("{before}{text}");
        let call = call_with_text(text);
        let accepted = store.accept(call.clone(), at(1)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Accepted, "{text:?}");
        assert_eq!(store.runnable_robots().await.unwrap(), [own("code")]);
        let quotas = [RunQuota {
            code: &call.head.code,
            max: 2,
        }];
        let runs = store.claim_runs(&quotas, 2, at(9)).await.unwrap();
        assert_eq!(runs.len(), 1, "{text:?}");
        assert_eq!(runs[0].call, call);
        let given = reply_with_text(text);
        let next = Transition::Reply(given.clone());
        assert!(store.finish(&runs[0].claim, next, at(2)).await.unwrap());
        assert_eq!(store.portals_with_replies().await.unwrap(), [own("member")]);
        let mut sends = store
            .claim_replies(&call.head.member_id, 2, at(9))
            .await
            .unwrap();
        let send = sends.remove(0);
        assert_eq!((&send.reply, &send.head), (&given, &call.head), "{text:?}");
        let next = Transition::DeadLetter(own("reason"));
        assert!(store.finish(&send.claim, next, at(3)).await.unwrap());
        let record = store.call(&call.head.event_token).await.unwrap().unwrap();
        let dead = CallState::Dead {
            reason: own("reason"),
            reply: Some(given),
        };
        assert_eq!(record.state, dead);
        store
            .remove_portal(&call.head.member_id, at(4))
            .await
            .unwrap();
    }
}

/// Return values go to the portal in the order in which the robot named them.
pub(crate) async fn a_reply_keeps_its_order(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let mut given = StoredReply::default();
    for name in ["zebra", "apple", "Mango", "1"] {
        let values = &mut given.return_values;
        values.insert(name.to_owned(), json!({"b": 1, "a": 2}));
    }
    assert!(
        store
            .save_reply(&token("a"), given.clone(), at(2))
            .await
            .unwrap()
    );
    let store = backend.reopen(&store).await;
    let stored = StoreProbe(&*store).send().await.reply;
    let text = |answer: &StoredReply| serde_json::to_string(answer).unwrap();
    assert_eq!(text(&stored), text(&given));
}

pub(crate) async fn a_time_is_any_time(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let epoch = SystemTime::UNIX_EPOCH;
    let year = Duration::from_hours(365 * 24);
    let times = [
        epoch,
        epoch - Duration::from_millis(1),
        epoch - 100 * year,
        epoch + Duration::from_millis(1_234_567_890_123),
        epoch + 100_000 * year,
    ];
    for (index, time) in times.into_iter().enumerate() {
        let name = index.to_string();
        let mut call = call(&name);
        call.head.called_at = time;
        call.head.deadline = Some(time);
        store.accept(call.clone(), time).await.unwrap();
        let run = probe.run().await;
        assert_eq!(run.call, call);
        let record = probe.record(&name).await;
        assert_eq!((record.accepted_at, record.deadline), (time, Some(time)));
        let next = Transition::Reply(reply("text"));
        assert!(store.finish(&run.claim, next, time).await.unwrap());
        let mut shown = SendHistory::default();
        shown.first_attempt_at = Some(time);
        let send = probe.send().await;
        let next = Transition::RetrySend(time, shown.clone());
        assert!(store.finish(&send.claim, next, time).await.unwrap());
        assert_eq!(probe.record(&name).await.next_attempt_at, Some(time));
        assert_eq!(store.release_due(time).await.unwrap(), None);
        let send = probe.send().await;
        assert_eq!(send.history, shown);
        let next = Transition::Complete(bizproc_runtime::store::Completion::WorkflowGone);
        assert!(store.finish(&send.claim, next, time).await.unwrap());
        let after = time + Duration::from_millis(1);
        assert_eq!(store.purge_completed(time, 9).await.unwrap(), 0);
        assert_eq!(store.purge_completed(after, 9).await.unwrap(), 1);
    }
}

/// A store may round down to milliseconds, and no further.
pub(crate) async fn a_time_is_exact_to_the_millisecond(backend: &Backend) {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for (index, base) in [at(5), SystemTime::UNIX_EPOCH - Duration::from_secs(5)]
        .into_iter()
        .enumerate()
    {
        let name = index.to_string();
        let exact = base + Duration::from_micros(7_999);
        probe
            .accept_with(&name, |call| call.head.deadline = Some(exact))
            .await;
        let stored = probe.record(&name).await.deadline.unwrap();
        assert!(stored <= exact, "{stored:?}");
        assert!(stored >= base + Duration::from_millis(7), "{stored:?}");
        // At the time that was returned, the call is claimable.
        let lease = exact + Duration::from_secs(1);
        let quotas = [super::backends::quota(1)];
        let runs = store.claim_runs(&quotas, 1, lease).await.unwrap();
        assert_eq!(runs.len(), 1);
        let due = store.release_due(base).await.unwrap().unwrap();
        assert!(due <= lease);
        store.release_due(due).await.unwrap();
        let runs = store.claim_runs(&quotas, 1, lease).await.unwrap();
        assert_eq!(runs.len(), 1);
        let next = Transition::Complete(bizproc_runtime::store::Completion::WorkflowGone);
        assert!(store.finish(&runs[0].claim, next, exact).await.unwrap());
    }
}
