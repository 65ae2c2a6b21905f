//! Strangers who know the address: more than a thousand requests change nothing, learn nothing and
//! hinder nobody.
//!
//! `HOSTILE_SEED` is the seed of those that are made up, 1 unless set.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bizproc_portal::Fault;
use bizproc_runtime::call::Ticket;
use bizproc_runtime::store::{CallRecord, CallState, Completion};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::net::TcpStream;

use crate::fixture::SOON;
use crate::fixture::alone::is_alone;
use crate::fixture::logs::lines;
use crate::fixture::robots::Count;
use crate::fixture::served::{Reply, changed, eventually, withheld};

mod encoded;
mod facts;
mod forged;
mod generated;
mod malformed;
mod secrets;
mod stage;
mod wire;
use facts::Facts;
use stage::Stage;
use wire::Attack;

/// How many requests are made up.
const GENERATED: usize = 1000;

/// How many requests are on their way at the same time.
const AT_ONCE: usize = 16;

impl Stage {
    /// A genuine call: its workflow goes on with the right value.
    async fn still_works(&self, number: usize) {
        let text = format!("zq genuine value {number}");
        let run = self.served.portal.run("acme_echo", json!({"text": text}));
        let outcome = run.await.unwrap().wait_finished(SOON).await;
        let outcome = outcome.unwrap_or_else(|error| panic!("seed {}: {error}", self.seed));
        assert_eq!(outcome.return_values["echoed"], text, "seed {}", self.seed);
    }

    /// Sends them all, with genuine calls in between: how many of those there were, and the statuses
    /// that the others were answered.
    async fn suffer(&self, attacks: &[Attack]) -> (usize, Vec<u16>) {
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(self.served.connect().await);
        }
        let is_over = AtomicBool::new(false);
        let attacked = async {
            let sent = futures_util::stream::iter(attacks).map(|attack| async move {
                self.judge(attack, &self.served.send(&attack.bytes).await)
            });
            let statuses = sent.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
            is_over.store(true, Ordering::SeqCst);
            statuses.into_iter().flatten().collect()
        };
        let genuine = async {
            let mut count = 0;
            while !is_over.load(Ordering::SeqCst) {
                self.still_works(count).await;
                assert!(self.served.is_well().await, "seed {}", self.seed);
                count += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            count
        };
        let (statuses, count) = tokio::join!(attacked, genuine);
        (count, statuses)
    }

    /// Nothing that was asked for is done, and the application has no fault of its own.
    fn judge(&self, attack: &Attack, reply: &Reply) -> Option<u16> {
        let is_right = match reply.status() {
            None => reply.0.is_empty(),
            Some(200) => attack.is_harmless,
            Some(status) => (400..500).contains(&status),
        };
        let shown = String::from_utf8_lossy(&attack.bytes);
        let shown = shown.chars().take(3000).collect::<String>();
        let Attack { what, .. } = attack;
        assert!(is_right, "seed {}: {what}: {reply:?}\n{shown}", self.seed);
        assert!(!reply.0.contains(facts::FORGED), "{what}: {reply:?}");
        reply.status()
    }
}

#[tokio::test]
async fn strangers_change_nothing_learn_nothing_and_hinder_nobody() {
    if !is_alone(strangers_change_nothing_learn_nothing_and_hinder_nobody) {
        return;
    }
    let stage = Stage::set().await;
    let facts = stage.facts().await;
    let fixed = [forged::all, malformed::all, encoded::all].map(|all| all(&facts));
    let mut attacks = fixed.concat();
    generated::add(&mut attacks, &facts, stage.seed, GENERATED);
    let mut known = HashSet::new();
    let mut twice = attacks.iter().filter(|attack| !known.insert(&attack.bytes));
    if let Some(attack) = twice.next() {
        panic!("`{}` is there twice", attack.what);
    }
    assert!(attacks.len() > 1000);

    let (portals, calls) = stage.kept().await;
    let (genuine, statuses) = stage.suffer(&attacks).await;
    assert!(genuine > 1, "{genuine} calls during the attacks");
    assert!(
        statuses.len() > 1000,
        "only {} were answered",
        statuses.len()
    );
    for status in [400, 401, 403, 404, 405, 413, 429, 431] {
        assert!(statuses.contains(&status), "none was answered {status}");
    }
    stage.still_works(genuine).await;
    assert!(stage.served.is_well().await);

    let settled = |record: &CallRecord| record.state == CallState::Completed(Completion::Delivered);
    let is_over = |record: &CallRecord| record.code != "acme_echo" || settled(record);
    let ended = |records: &[CallRecord]| records.iter().all(is_over);
    let records = stage.records_when(ended).await;
    let (portals_now, mut calls_now) = stage.kept().await;
    let added = records
        .iter()
        .filter(|record| !calls.contains_key(&record.number));
    assert!(
        added.clone().all(|record| record.code == "acme_echo"),
        "{records:?}"
    );
    assert_eq!(added.count(), genuine + 1, "seed {}", stage.seed);
    calls_now.retain(|number, _| calls.contains_key(number));
    assert_eq!(calls_now, calls, "seed {}", stage.seed);
    assert_eq!(portals_now, portals, "seed {}", stage.seed);
    assert_eq!(stage.answers(), genuine + 1, "seed {}", stage.seed);
    assert_eq!(stage.trap.touched(), 0, "seed {}", stage.seed);

    nothing_was_hindered(&stage, &facts).await;
    secrets::are_told_nowhere(&stage.secrets(&facts).await, &lines(), stage.seed);
}

/// The workflows that waited get their answers, from the portal's own address.
async fn nothing_was_hindered(stage: &Stage, facts: &Facts) {
    let served = &stage.served;
    for (index, workflow) in stage.waiting.iter().enumerate() {
        assert!(workflow.is_waiting());
        let ticket = stage.tickets.lock().unwrap()[index].clone();
        let ticket = serde_json::from_str::<Ticket<Count>>(&ticket).unwrap();
        assert!(
            ticket
                .reply(&*served.store, Count { count: 7 })
                .await
                .unwrap()
        );
        let outcome = workflow.wait_finished(SOON).await.unwrap();
        assert_eq!(outcome.return_values["count"], 7);
    }

    // A call that is genuine but for the addresses in it.
    let inputs = json!({"text": "zq elsewhere"});
    let (portal, installation) = (&served.portal, &served.installation);
    let (workflow, mut body) = withheld(portal, installation, "acme_echo", inputs).await;
    let address = format!("http://{}/rest/", facts.trap);
    for (field, value) in [
        ("auth[domain]", &facts.trap),
        ("auth[client_endpoint]", &address),
        ("auth[server_endpoint]", &address),
    ] {
        body = changed(&body, field, value);
        assert!(body.contains(&facts.trap.replace(':', "%3A")), "{body}");
    }
    for field in ["SERVER_ENDPOINT", "CLIENT_ENDPOINT", "DOMAIN"] {
        write!(body, "&auth[{field}]={address}&{field}={address}").unwrap();
    }
    assert_eq!(served.post(&body).await.status(), Some(200));
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["echoed"], "zq elsewhere");

    // Tokens are renewed where the installation says.
    served.portal.advance(Duration::from_hours(2));
    served.portal.fault(Fault::CallWithoutTokens, 1);
    stage.still_works(usize::MAX).await;
    assert_eq!(stage.trap.touched(), 0);
    another_portal_changes_nothing(stage).await;

    TcpStream::connect(&facts.trap).await.unwrap();
    eventually("the trap works", || stage.trap.touched() == 1).await;
}

/// A portal that is what it says, with an event token of the first one.
async fn another_portal_changes_nothing(stage: &Stage) {
    let settled = |record: &CallRecord| record.state == CallState::Completed(Completion::Delivered);
    let ended = |records: &[CallRecord]| records.iter().all(settled);
    let records = stage.records_when(ended).await;
    let member_id = stage.served.portal.member_id();
    let of_first = records.iter().find(|record| record.member_id == member_id);
    let token = of_first.unwrap().event_token.as_str();
    let (other, installation) = &stage.other;
    let inputs = json!({"text": "zq another's"});
    let (_, body) = withheld(other, installation, "acme_echo", inputs).await;
    let before = stage.kept().await;
    let reply = stage
        .served
        .post(&changed(&body, "event_token", token))
        .await;
    assert!(reply.0.ends_with(r#"{"status":"duplicate"}"#), "{reply:?}");
    assert_eq!(stage.kept().await, before);
}
