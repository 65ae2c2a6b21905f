//! Counts, records and portals.

use std::sync::Arc;

use bizproc_runtime::portal::{Auth, Portal, parse_endpoint};
use bizproc_runtime::property::Culture;
use bizproc_runtime::store::{
    AcceptOutcome, CallCounts, CallFilter, CallStage, CallState, Completion, SendHistory, Store,
    Transition,
};

use super::backends::{Backend, MEMBER, StoreProbe, at, call, names, reply, token};

/// One call at each stage, named after it.
async fn one_at_each_stage(backend: &Backend) -> Arc<dyn Store> {
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    let stages = [
        "completed",
        "dead",
        "delivered",
        "replied",
        "deferred",
        "accepted",
    ];
    for (accepted_at, name) in (1..).zip(stages) {
        let accepted = store.accept(call(name), at(accepted_at)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Accepted);
        let next = match name {
            "dead" => Transition::DeadLetter("odd".to_owned()),
            "deferred" => Transition::Defer,
            "accepted" => continue,
            _ => Transition::Reply(reply(name)),
        };
        let claim = probe.run().await.claim;
        assert!(store.finish(&claim, next, at(20)).await.unwrap());
        let next = match name {
            "completed" => Transition::Complete(Completion::Delivered),
            "delivered" => Transition::Redeliver(at(30), SendHistory::default()),
            _ => continue,
        };
        let claim = probe.send().await.claim;
        assert!(store.finish(&claim, next, at(21)).await.unwrap());
    }
    store
}

pub(crate) async fn calls_are_counted(backend: &Backend) {
    let store = backend.open().await;
    assert_eq!(store.counts().await.unwrap(), CallCounts::default());
    let other = backend.another().await;
    let store = one_at_each_stage(&other).await;
    let counts = store.counts().await.unwrap();
    assert_eq!(CallStage::ALL.map(|stage| counts.get(stage)), [1; 6]);
    assert_eq!(counts.oldest_open, Some(at(4)), "the replied one");
    // The oldest call is not the one that was stored first.
    store.accept(call("older"), at(0)).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (counts.get(CallStage::Accepted), counts.oldest_open),
        (2, Some(at(0)))
    );
}

/// One call at each stage, one of another portal and one of another robot.
async fn calls_to_filter(backend: &Backend) -> Arc<dyn Store> {
    let store = one_at_each_stage(backend).await;
    let probe = StoreProbe(&*store);
    probe
        .accept_with("other portal", |call| {
            "other".clone_into(&mut call.head.member_id);
        })
        .await;
    probe
        .accept_with("other robot", |call| {
            "other".clone_into(&mut call.head.code);
        })
        .await;
    store
}

pub(crate) async fn calls_are_filtered_and_paged(backend: &Backend) {
    let store = calls_to_filter(backend).await;
    let found = async |change: &dyn Fn(&mut CallFilter)| {
        let mut filter = CallFilter::default();
        change(&mut filter);
        let records = store.calls(&filter).await.unwrap();
        assert!(records.is_sorted_by_key(|record| record.number));
        let tokens = records.iter().map(|record| &record.event_token);
        names(tokens).join(" ")
    };
    let all = "completed dead delivered replied deferred accepted other portal other robot";
    assert_eq!(found(&|_| {}).await, all);
    for (stage, names) in [
        (CallStage::Accepted, "accepted other portal other robot"),
        (CallStage::Deferred, "deferred"),
        (CallStage::Replied, "replied"),
        (CallStage::Delivered, "delivered"),
        (CallStage::Completed, "completed"),
        (CallStage::Dead, "dead"),
    ] {
        assert_eq!(found(&|filter| filter.stage = Some(stage)).await, names);
    }
    let portal = |filter: &mut CallFilter| filter.member_id = Some("other".to_owned());
    assert_eq!(found(&portal).await, "other portal");
    let robot = |filter: &mut CallFilter| filter.code = Some("other".to_owned());
    assert_eq!(found(&robot).await, "other robot");
    let both = |filter: &mut CallFilter| {
        portal(filter);
        robot(filter);
    };
    assert_eq!(found(&both).await, "");
    let none = |filter: &mut CallFilter| filter.code = Some("ROBOT".to_owned());
    assert_eq!(found(&none).await, "", "letters have their case");
    let dead = StoreProbe(&*store).record("dead").await.number;
    let page = |filter: &mut CallFilter| {
        filter.after = Some(dead);
        filter.limit = Some(2);
    };
    assert_eq!(found(&page).await, "delivered replied");
    let last = |filter: &mut CallFilter| {
        filter.after = Some(dead);
        filter.stage = Some(CallStage::Accepted);
        filter.limit = Some(1);
    };
    assert_eq!(found(&last).await, "accepted");
    for after in [u64::MAX, 1 << 62] {
        assert_eq!(found(&|filter| filter.after = Some(after)).await, "");
    }
    assert_eq!(found(&|filter| filter.limit = Some(0)).await, "");
}

pub(crate) async fn a_record_describes_its_call(backend: &Backend) {
    let store = one_at_each_stage(backend).await;
    let probe = StoreProbe(&*store);
    let record = probe.record("delivered").await;
    assert_eq!(record.event_token, token("delivered"));
    assert_eq!((&*record.member_id, &*record.code), (MEMBER, "robot"));
    assert_eq!(record.state, CallState::Delivered(reply("delivered")));
    assert_eq!(
        (record.accepted_at, record.next_attempt_at),
        (at(3), Some(at(30)))
    );
    assert_eq!((record.deadline, record.runs), (None, 1));
    let listed = store.calls(&CallFilter::default()).await.unwrap();
    for name in ["completed", "dead", "delivered", "replied"] {
        let own = probe.record(name).await;
        let found = listed
            .iter()
            .find(|record| record.event_token == own.event_token);
        assert_eq!(format!("{:?}", found.unwrap()), format!("{own:?}"));
    }
}

fn portal(member_id: &str, secret: &str) -> Portal {
    let client_endpoint = parse_endpoint("https://portal.example/rest/").unwrap();
    let server_endpoint = parse_endpoint("https://oauth.bitrix.info/rest/").unwrap();
    let mut portal = Portal::new(member_id, "client", client_endpoint, server_endpoint);
    portal.application_token = format!("application {secret}").into();
    portal.access_token = format!("access {secret}").into();
    portal.refresh_token = Some(format!("refresh {secret}").into());
    portal
}

/// Whether a portal proves its origin with this application token.
fn knows(portal: &Portal, secret: &str) -> bool {
    use bizproc_runtime::form::{Form, Limits};
    let member_id = &portal.member_id;
    let body = format!("auth[member_id]={member_id}&auth[application_token]=application+{secret}");
    let form = Form::decode(body.as_bytes(), &Limits::default());
    portal.verify(&Auth::from_form(&form).unwrap()).is_ok()
}

pub(crate) async fn portals_are_stored_completely(backend: &Backend) {
    let store = backend.open().await;
    assert!(store.portal("a").await.unwrap().is_none());
    assert!(store.portals().await.unwrap().is_empty());
    let zone = jiff::tz::TimeZone::get("Europe/Kaliningrad").unwrap();
    let mut first = portal("a", "one");
    first.user_id = Some(7);
    first.culture = Culture::default()
        .with_date_format("MM/DD/YYYY")
        .with_time_zone(zone.clone());
    store.save_portal(first.into()).await.unwrap();
    store.save_portal(portal("b", "two").into()).await.unwrap();
    for store in [Arc::clone(&store), backend.reopen(&store).await] {
        let a = store.portal("a").await.unwrap().unwrap();
        assert_eq!((&*a.member_id, &*a.client_id), ("a", "client"));
        assert_eq!(a.client_endpoint.as_str(), "https://portal.example/rest/");
        assert_eq!(
            a.server_endpoint.as_str(),
            "https://oauth.bitrix.info/rest/"
        );
        assert!(knows(&a, "one") && !knows(&a, "two"));
        assert_eq!(
            secret(&a),
            ("access one".to_owned(), "refresh one".to_owned())
        );
        assert_eq!(a.user_id, Some(7));
        assert_eq!(a.culture.date_format(), Some("MM/DD/YYYY"));
        assert_eq!(a.culture.time_zone(), Some(&zone));
        let b = store.portal("b").await.unwrap().unwrap();
        assert!(knows(&b, "two"));
        assert_eq!((b.user_id, b.culture.date_format()), (None, None));
        assert_eq!(store.portals().await.unwrap().len(), 2);
    }
}

fn secret(portal: &Portal) -> (String, String) {
    use secrecy::ExposeSecret as _;
    let refresh = portal.refresh_token.as_ref().unwrap();
    (
        portal.access_token.expose_secret().to_owned(),
        refresh.expose_secret().to_owned(),
    )
}

pub(crate) async fn a_portal_is_replaced_and_removed(backend: &Backend) {
    let store = backend.open().await;
    store.save_portal(portal("a", "one").into()).await.unwrap();
    store.save_portal(portal("b", "one").into()).await.unwrap();
    let mut newer = portal("a", "two");
    newer.refresh_token = None;
    store.save_portal(newer.into()).await.unwrap();
    let a = store.portal("a").await.unwrap().unwrap();
    assert!(knows(&a, "two") && !knows(&a, "one"));
    assert!(a.refresh_token.is_none());
    assert_eq!(store.portals().await.unwrap().len(), 2);
    store.remove_portal("a", at(3)).await.unwrap();
    store.remove_portal("unknown", at(3)).await.unwrap();
    let store = backend.reopen(&store).await;
    assert!(store.portal("a").await.unwrap().is_none());
    let left = store.portals().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].member_id, "b");
    store
        .save_portal(portal("a", "three").into())
        .await
        .unwrap();
    let a = store.portal("a").await.unwrap().unwrap();
    assert!(knows(&a, "three"));
}

pub(crate) async fn a_portal_is_replaced_only_if_unchanged(backend: &Backend) {
    let store = backend.open().await;
    let old = portal("a", "old").access_token;
    let replace = async |new: &str| {
        store
            .replace_portal(portal("a", new).into(), &old)
            .await
            .unwrap()
    };
    assert!(!replace("new").await, "there is none");
    assert!(store.portal("a").await.unwrap().is_none());
    store.save_portal(portal("a", "old").into()).await.unwrap();
    store.save_portal(portal("b", "old").into()).await.unwrap();
    let all = futures_util::future::join_all(["1", "2", "3", "4", "5"].map(replace)).await;
    assert_eq!(all.iter().filter(|is_first| **is_first).count(), 1);
    let first = ["1", "2", "3", "4", "5"][all.iter().position(|is_first| *is_first).unwrap()];
    assert!(!replace("late").await);
    for store in [Arc::clone(&store), backend.reopen(&store).await] {
        let a = store.portal("a").await.unwrap().unwrap();
        assert!(knows(&a, first), "{first}");
        assert!(a.has_access_token(&portal("a", first).access_token));
        let b = store.portal("b").await.unwrap().unwrap();
        assert!(b.has_access_token(&old));
    }
}

pub(crate) async fn a_removed_portal_completes_its_calls(backend: &Backend) {
    let store = one_at_each_stage(backend).await;
    let probe = StoreProbe(&*store);
    probe
        .accept_with("other portal", |call| {
            "other".clone_into(&mut call.head.member_id);
        })
        .await;
    store
        .save_portal(portal(MEMBER, "one").into())
        .await
        .unwrap();
    store.remove_portal(MEMBER, at(40)).await.unwrap();
    for name in ["dead", "delivered", "replied", "deferred", "accepted"] {
        let record = probe.record(name).await;
        let uninstalled = CallState::Completed(Completion::Uninstalled);
        assert_eq!(record.state, uninstalled, "{name}");
        assert_eq!(record.next_attempt_at, None);
        assert!(!store.retry_dead(&token(name)).await.unwrap());
    }
    let sent = CallState::Completed(Completion::Delivered);
    assert_eq!(probe.record("completed").await.state, sent, "as before");
    assert_eq!(probe.stage("other portal").await, CallStage::Accepted);
    assert_eq!(store.release_due(at(1000)).await.unwrap(), None);
    assert!(store.portals_with_replies().await.unwrap().is_empty());
    assert_eq!(store.purge_completed(at(40), 99).await.unwrap(), 1);
    assert_eq!(store.purge_completed(at(41), 99).await.unwrap(), 5);
}

pub(crate) async fn many_calls_of_a_removed_portal_are_completed(backend: &Backend) {
    const CALLS: usize = 1_100;
    let store = backend.open().await;
    let probe = StoreProbe(&*store);
    for index in 0..CALLS {
        probe.accept(&[&index.to_string()]).await;
    }
    store.remove_portal(MEMBER, at(40)).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (
            counts.get(CallStage::Accepted),
            counts.get(CallStage::Completed)
        ),
        (0, CALLS as u64)
    );
}
