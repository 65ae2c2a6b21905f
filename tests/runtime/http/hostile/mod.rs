//! Strangers who know the address: more than a thousand requests change nothing, learn nothing and
//! disturb no call.
//!
//! `HOSTILE_SEED` is the seed of the generated requests, 1 unless set.

mod encoded;
mod facts;
mod forged;
mod generated;
mod malformed;
mod secrets;
mod target;
mod wire;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bizproc_portal::Fault;
use bizproc_runtime::store::{CallRecord, CallState, Completion};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::net::TcpStream;

use self::facts::{FORGED, Facts};
use self::target::Target;
use self::wire::Attack;
use crate::fixture::alone::is_alone;
use crate::fixture::http::{RawResponse, post, refused_call, with_field};
use crate::fixture::logs::lines;
use crate::fixture::robots::Count;
use crate::fixture::{TIMEOUT, eventually, finish};

/// How many requests are generated.
const GENERATED: usize = 1000;

/// How many requests are in flight at the same time.
const CONCURRENCY: usize = 16;

impl Target {
    /// Runs an ordinary call.
    async fn check_still_works(&self, number: usize) {
        let text = format!("zq genuine value {number}");
        let inputs = json!({"text": text});
        let workflow = self.app.start_workflow("acme_echo", inputs).await;
        let seed = self.seed;
        let finished = workflow.wait_finished(TIMEOUT).await;
        let outcome = finished.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(outcome.return_values["echoed"], text, "seed {seed}");
    }

    /// Sends all attacks, with genuine calls in between: the number of these, and the statuses of
    /// the responses.
    async fn attack(&self, attacks: &[Attack]) -> (usize, Vec<u16>) {
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(self.app.connect().await);
        }
        let is_over = AtomicBool::new(false);
        let attacked = async {
            let sent = futures_util::stream::iter(attacks).map(|attack| async move {
                self.judge(attack, &self.app.send(&attack.bytes).await)
            });
            let statuses: Vec<_> = sent.buffer_unordered(CONCURRENCY).collect().await;
            is_over.store(true, Ordering::SeqCst);
            statuses.into_iter().flatten().collect()
        };
        let genuine = async {
            let mut count = 0;
            while !is_over.load(Ordering::SeqCst) {
                self.check_still_works(count).await;
                assert!(self.app.is_healthy().await, "seed {}", self.seed);
                count += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            count
        };
        let (statuses, count) = tokio::join!(attacked, genuine);
        (count, statuses)
    }

    /// Checks that an attack is refused, by no fault of the application.
    fn judge(&self, attack: &Attack, response: &RawResponse) -> Option<u16> {
        let is_right = match response.status() {
            None => response.0.is_empty(),
            Some(200) => attack.is_harmless,
            Some(status) => (400..500).contains(&status),
        };
        let shown: String = String::from_utf8_lossy(&attack.bytes)
            .chars()
            .take(3000)
            .collect();
        let what = &attack.what;
        assert!(
            is_right,
            "seed {}: {what}: {response:?}\n{shown}",
            self.seed
        );
        assert!(!response.0.contains(FORGED), "{what}: {response:?}");
        response.status()
    }
}

fn is_delivered(call: &CallRecord) -> bool {
    call.state == CallState::Completed(Completion::Delivered)
}

/// The fixed requests and the generated ones, each once.
fn all_attacks(target: &Target, facts: &Facts) -> Vec<Attack> {
    let fixed = [forged::all, malformed::all, encoded::all].map(|all| all(facts));
    let mut attacks = fixed.concat();
    generated::add(&mut attacks, facts, target.seed, GENERATED);
    let mut known = HashSet::new();
    let mut twice = attacks.iter().filter(|attack| !known.insert(&attack.bytes));
    if let Some(attack) = twice.next() {
        panic!("`{}` is there twice", attack.what);
    }
    assert!(attacks.len() > 1000);
    attacks
}

#[tokio::test]
async fn strangers_change_nothing_learn_nothing_and_disturb_no_call() {
    if !is_alone(strangers_change_nothing_learn_nothing_and_disturb_no_call) {
        return;
    }
    let target = Target::new().await;
    let seed = target.seed;
    let facts = target.facts().await;
    let attacks = all_attacks(&target, &facts);

    let (portals, calls) = target.stored().await;
    let (genuine, statuses) = target.attack(&attacks).await;
    assert!(genuine > 1, "{genuine} calls during the attacks");
    let count = statuses.len();
    assert!(count > 1000, "only {count} got a response");
    for status in [400, 401, 403, 404, 405, 413, 429, 431] {
        assert!(statuses.contains(&status), "no response is {status}");
    }
    target.check_still_works(genuine).await;
    assert!(target.app.is_healthy().await);

    let is_over = |call: &CallRecord| call.code != "acme_echo" || is_delivered(call);
    let all_are_over = |calls: &[CallRecord]| calls.iter().all(is_over);
    let records = target.calls_when(all_are_over).await;
    let (portals_now, mut calls_now) = target.stored().await;
    let added: Vec<_> = records
        .iter()
        .filter(|call| !calls.contains_key(&call.number))
        .collect();
    let are_genuine = added.iter().all(|call| call.code == "acme_echo");
    assert!(are_genuine, "{records:?}");
    assert_eq!(added.len(), genuine + 1, "seed {seed}");
    calls_now.retain(|number, _| calls.contains_key(number));
    assert_eq!(calls_now, calls, "seed {seed}");
    assert_eq!(portals_now, portals, "seed {seed}");
    assert_eq!(target.replies(), genuine + 1, "seed {seed}");
    assert_eq!(target.trap.connections(), 0, "seed {seed}");

    check_waiting_workflows(&target).await;
    check_addresses_in_calls(&target, &facts).await;
    check_other_portal(&target).await;
    TcpStream::connect(&facts.trap).await.unwrap();
    eventually("the trap works", async || target.trap.connections() == 1).await;
    secrets::are_not_logged(&target.secrets(&facts).await, &lines(), seed);
}

/// The workflows that waited get their replies.
async fn check_waiting_workflows(target: &Target) {
    for (index, workflow) in target.waiting.iter().enumerate() {
        assert!(workflow.is_waiting());
        let ticket = target.tickets.ticket(index).await;
        let reply = ticket.reply(&*target.app.store, Count { count: 7 });
        assert!(reply.await.unwrap());
        assert_eq!(finish(workflow).await.return_values["count"], 7);
    }
}

/// A genuine call whose addresses are forged is replied to at the portal's own address.
async fn check_addresses_in_calls(target: &Target, facts: &Facts) {
    let app = &target.app;
    let inputs = json!({"text": "zq elsewhere"});
    let (workflow, mut body) = app.refused_call("acme_echo", inputs).await;
    let address = format!("http://{}/rest/", facts.trap);
    for (field, value) in [
        ("auth[domain]", &facts.trap),
        ("auth[client_endpoint]", &address),
        ("auth[server_endpoint]", &address),
    ] {
        body = with_field(&body, field, value);
        assert!(body.contains(&facts.trap.replace(':', "%3A")), "{body}");
    }
    for field in ["SERVER_ENDPOINT", "CLIENT_ENDPOINT", "DOMAIN"] {
        write!(body, "&auth[{field}]={address}&{field}={address}").unwrap();
    }
    assert_eq!(app.send(&post(&body)).await.status(), Some(200));
    let outcome = finish(&workflow).await;
    assert_eq!(outcome.return_values["echoed"], "zq elsewhere");

    // Tokens are renewed at the address that the installation named.
    app.portal.advance(Duration::from_hours(2));
    app.portal.fault(Fault::CallWithoutTokens, 1);
    target.check_still_works(usize::MAX).await;
    assert_eq!(target.trap.connections(), 0);
}

/// An authentic portal cannot use an event token of another one.
async fn check_other_portal(target: &Target) {
    let all_are_delivered = |calls: &[CallRecord]| calls.iter().all(is_delivered);
    let calls = target.calls_when(all_are_delivered).await;
    let member_id = target.app.portal.member_id();
    let first = calls.iter().find(|call| call.member_id == member_id);
    let token = first.unwrap().event_token.as_str();
    let (other, installation) = &target.other;
    let inputs = json!({"text": "zq another's"});
    let (_, body) = refused_call(other, installation, "acme_echo", inputs).await;
    let before = target.stored().await;
    let request = post(&with_field(&body, "event_token", token));
    let response = target.app.send(&request).await;
    assert!(
        response.0.ends_with(r#"{"status":"duplicate"}"#),
        "{response:?}"
    );
    assert_eq!(target.stored().await, before);
}
