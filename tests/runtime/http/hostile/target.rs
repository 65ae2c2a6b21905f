//! What is attacked: an application that two portals have installed, with calls that wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bizproc_portal::{Event, Installation, Portal, Workflow};
use bizproc_runtime::App;
use bizproc_runtime::store::{CallRecord, CallState, EncryptionKey, SqliteOptions};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::facts::Facts;
use super::secrets;
use crate::fixture::logs::capture;
use crate::fixture::robots::{Input, Tickets, echo};
use crate::fixture::{CLIENT_SECRET, TIMEOUT, TestApp, wait_for};

/// The operator's password.
const PASSWORD: &str = "an operator's long password";

/// 32 bytes that no one else has.
const KEY: &str = "enFLZXlPZlRoZVN0b3JlVGhhdElzMzJCeXRlc0xvbmc=";

/// An address that must never be called, and how often it was.
pub(crate) struct Trap {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Trap {
    async fn new() -> Self {
        // Every address of the machine: `127.0.0.1` alone is the authorisation server's.
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// An application that two portals have installed, with a workflow on each that waits.
pub(crate) struct Target {
    pub(crate) app: TestApp,
    pub(crate) other: (Portal, Installation),
    pub(crate) waiting: [Workflow; 2],
    pub(crate) tickets: Tickets,
    pub(crate) trap: Trap,
    pub(crate) seed: u64,
    _folder: TempDir,
}

impl Target {
    pub(crate) async fn new() -> Self {
        capture();
        let seed = std::env::var("HOSTILE_SEED").map(|seed| seed.parse().expect("a number"));
        let folder = TempDir::new().unwrap();
        let options = SqliteOptions::new(folder.path().join("calls.sqlite"))
            .encryption_key(EncryptionKey::from_base64(KEY).unwrap());
        let store = Arc::new(options.open().await.unwrap());
        let tickets = Tickets::default();
        let configure = |app: App| {
            tickets
                .deferring::<Input>(app.robot(echo))
                .operator_password(PASSWORD)
                .max_connections(128)
        };
        let app = TestApp::serve_from(store, "acme_echo", configure).await;
        let other = Portal::start().await.unwrap();
        let address = app.url("/install");
        let install = other.install(&address).card("local.other", CLIENT_SECRET);
        let installation = install.await.unwrap();
        other.wait_registered("acme_echo", TIMEOUT).await.unwrap();
        let first = app.start_count("").await;
        tickets.ticket(0).await;
        let second = other.run("acme_count", json!({})).await.unwrap();
        tickets.ticket(1).await;
        let target = Self {
            app,
            other: (other, installation),
            waiting: [first, second],
            tickets,
            trap: Trap::new().await,
            seed: seed.unwrap_or(1),
            _folder: folder,
        };
        target
            .calls_when(|calls| calls.iter().all(|call| call.state == CallState::Deferred))
            .await;
        target
    }

    /// The calls, as soon as they fulfil a condition.
    pub(crate) async fn calls_when(
        &self,
        condition: impl Fn(&[CallRecord]) -> bool,
    ) -> Vec<CallRecord> {
        wait_for("the calls", async || {
            let calls = self.app.calls().await;
            condition(&calls).then_some(calls)
        })
        .await
    }

    /// What strangers may know of it.
    pub(crate) async fn facts(&self) -> Facts {
        let calls = self.app.calls().await;
        let portals = [&self.app.portal, &self.other.0];
        let event_token = |portal: &Portal| {
            let call = calls
                .iter()
                .find(|call| call.member_id == portal.member_id());
            call.unwrap().event_token.as_str().to_owned()
        };
        // It has a card of its own, not this application's.
        let install = self.app.portal.install("http://127.0.0.1:1/install");
        let stranger = install.await.unwrap();
        Facts {
            members: portals.map(|portal| portal.member_id().to_owned()),
            event_tokens: portals.map(event_token),
            code: "acme_count".to_owned(),
            ordinary: self.app.installation.token_of(2),
            foreign: stranger.access_token(),
            client: self.app.portal.endpoint(),
            server: format!("{}/rest/", self.app.portal.oauth_url()),
            trap: format!("127.0.0.2:{}", self.trap.port),
        }
    }

    /// What the store holds: portals with their tokens, and calls by number.
    pub(crate) async fn stored(&self) -> (Vec<String>, BTreeMap<u64, String>) {
        let token = |token: &SecretString| token.expose_secret().to_owned();
        let portals = self.app.store.portals().await.unwrap();
        let shown = portals.iter().map(|portal| {
            let tokens = [
                token(&portal.application_token),
                token(&portal.access_token),
                portal.refresh_token.as_ref().map(token).unwrap_or_default(),
            ];
            format!("{portal:?} {tokens:?}")
        });
        let calls = self.app.calls().await;
        let calls = calls.iter().map(|call| (call.number, format!("{call:?}")));
        (shown.collect(), calls.collect())
    }

    /// Everything that no log may hold.
    pub(crate) async fn secrets(&self, facts: &Facts) -> BTreeSet<String> {
        let mut secrets = secrets::of_portal(&self.app.portal, &self.app.installation);
        secrets.extend(secrets::of_portal(&self.other.0, &self.other.1));
        secrets.extend(secrets::of_strangers(facts));
        // Renewed tokens are in the store.
        for portal in self.app.store.portals().await.unwrap() {
            let refresh = portal.refresh_token.clone().unwrap_or_default();
            let tokens = [portal.access_token.clone(), refresh];
            secrets.extend(tokens.map(|token| token.expose_secret().to_owned()));
        }
        secrets.extend([CLIENT_SECRET, PASSWORD, KEY, "zq genuine value"].map(str::to_owned));
        secrets.extend(["zq elsewhere", "zq another's"].map(str::to_owned));
        for call in self.app.calls().await {
            let token = call.event_token.as_str();
            // The signature is the secret part.
            let (_, signature) = token.rsplit_once('.').unwrap();
            secrets.insert(signature.to_owned());
            secrets.insert(token.to_owned());
        }
        secrets
    }

    /// How many replies both portals received.
    pub(crate) fn replies(&self) -> usize {
        let history = [self.app.portal.history(), self.other.0.history()].concat();
        let is_reply = |event: &Event| matches!(event, Event::Replied { .. });
        let replies = history.iter().filter(|record| is_reply(&record.event));
        replies.count()
    }
}
