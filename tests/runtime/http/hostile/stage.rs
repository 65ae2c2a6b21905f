//! What is attacked: an application that two portals installed, with calls that wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bizproc_portal::{Event, Installation, Portal, Workflow};
use bizproc_runtime::store::{CallRecord, CallState, EncryptionKey, SqliteOptions, Store};
use bizproc_runtime::{App, Call, Error};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::net::TcpListener;

use super::facts::Facts;
use crate::fixture::logs::capture;
use crate::fixture::robots::{Input, echo};
use crate::fixture::served::{Served, eventually};
use crate::fixture::{CLIENT_SECRET, SOON};

/// What the operator's page asks for.
const PASSWORD: &str = "an operator's long password";

/// 32 bytes that nobody else has.
const KEY: &str = "enFLZXlPZlRoZVN0b3JlVGhhdElzMzJCeXRlc0xvbmc=";

/// An address where nobody may call, and how often somebody did.
pub(crate) struct Trap {
    port: u16,
    touched: Arc<AtomicUsize>,
}

impl Trap {
    pub(crate) async fn set() -> Self {
        // Every address of the machine: `127.0.0.1` alone is the authorisation server's.
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let touched = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&touched);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, touched }
    }

    pub(crate) fn touched(&self) -> usize {
        self.touched.load(Ordering::SeqCst)
    }
}

pub(crate) type Tickets = Arc<Mutex<Vec<String>>>;

/// Two portals that installed one application, on each a workflow that waits.
pub(crate) struct Stage {
    pub(crate) served: Served,
    pub(crate) other: (Portal, Installation),
    pub(crate) waiting: [Workflow; 2],
    pub(crate) tickets: Tickets,
    pub(crate) trap: Trap,
    pub(crate) seed: u64,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        capture();
        let seed = std::env::var("HOSTILE_SEED").map(|seed| seed.parse().expect("a number"));
        let seed = seed.unwrap_or(1);
        let folder = tempfile::TempDir::new().unwrap();
        let store = SqliteOptions::new(folder.path().join("calls.sqlite"));
        let store = store.encryption_key(EncryptionKey::from_base64(KEY).unwrap());
        let store: Arc<dyn Store> = Arc::new(store.open().await.unwrap());
        let tickets = Tickets::default();
        let deferred = Arc::clone(&tickets);
        let defers = move |call: Call<Input>| {
            let deferred = Arc::clone(&deferred);
            async move {
                let (ticket, replied) = call.defer();
                let ticket = serde_json::to_string(&ticket).unwrap();
                deferred.lock().unwrap().push(ticket);
                Ok::<_, Error>(replied)
            }
        };
        let with = |app: App| {
            let app = app.robot(echo).robot(defers);
            app.operator_password(PASSWORD).max_connections(128)
        };
        let served = Served::with(store, "acme_echo", with).await;
        let other = Portal::start().await.unwrap();
        let address = format!("http://{}/install", served.address);
        let install = other.install(&address).card("local.other", CLIENT_SECRET);
        let installation = install.await.unwrap();
        other.wait_registered("acme_echo", SOON).await.unwrap();
        let first = served.portal.run("acme_count", json!({})).await.unwrap();
        eventually("the first ticket", || tickets.lock().unwrap().len() == 1).await;
        let second = other.run("acme_count", json!({})).await.unwrap();
        eventually("the second ticket", || tickets.lock().unwrap().len() == 2).await;
        let stage = Self {
            served,
            other: (other, installation),
            waiting: [first, second],
            tickets,
            trap: Trap::set().await,
            seed,
            _folder: folder,
        };
        let deferred = |record: &CallRecord| record.state == CallState::Deferred;
        stage
            .records_when(|records| records.iter().all(deferred))
            .await;
        stage
    }

    /// The calls, as soon as they stand like that.
    pub(crate) async fn records_when(
        &self,
        is_so: impl Fn(&[CallRecord]) -> bool,
    ) -> Vec<CallRecord> {
        let wait = async {
            loop {
                let records = self.served.records().await;
                if is_so(&records) {
                    return records;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, wait).await.expect("the calls")
    }

    /// What strangers may know of it.
    pub(crate) async fn facts(&self) -> Facts {
        let records = self.served.records().await;
        let token = |workflow: usize| {
            let member_id = [&self.served.portal, &self.other.0][workflow].member_id();
            let mut records = records.iter();
            let record = records.find(|record| record.member_id == member_id);
            record.unwrap().event_token.as_str().to_owned()
        };
        // Of a card that this application does not have.
        let stranger = self.served.portal.install("http://127.0.0.1:1/install");
        let stranger = stranger.await.unwrap();
        Facts {
            members: [&self.served.portal, &self.other.0]
                .map(|portal| portal.member_id().to_owned()),
            event_tokens: [token(0), token(1)],
            code: "acme_count".to_owned(),
            ordinary: self.served.installation.token_of(2),
            foreign: stranger.access_token(),
            client: self.served.portal.endpoint(),
            server: format!("{}/rest/", self.served.portal.oauth_url()),
            trap: format!("127.0.0.2:{}", self.trap.port),
        }
    }

    /// What the store holds: portals with their tokens, calls with where they stand.
    pub(crate) async fn kept(&self) -> (Vec<String>, BTreeMap<u64, String>) {
        let portals = self.served.store.portals().await.unwrap().into_iter();
        let portals = portals.map(|portal| {
            let token = |token: &secrecy::SecretString| token.expose_secret().to_owned();
            let tokens = [
                token(&portal.application_token),
                token(&portal.access_token),
                portal.refresh_token.as_ref().map(token).unwrap_or_default(),
            ];
            format!("{portal:?} {tokens:?}")
        });
        let records = self.served.records().await.into_iter();
        let records = records.map(|record| (record.number, format!("{record:?}")));
        (portals.collect(), records.collect())
    }

    pub(crate) async fn secrets(&self, facts: &Facts) -> BTreeSet<String> {
        let mut secrets = super::secrets::of_portal(&self.served.portal, &self.served.installation);
        secrets.extend(super::secrets::of_portal(&self.other.0, &self.other.1));
        secrets.extend(super::secrets::of_strangers(facts));
        // Renewed tokens are in the store.
        for portal in self.served.store.portals().await.unwrap() {
            let refresh = portal.refresh_token.unwrap_or_default();
            let tokens = [portal.access_token, refresh];
            secrets.extend(tokens.map(|token| token.expose_secret().to_owned()));
        }
        secrets.extend([CLIENT_SECRET, PASSWORD, KEY, "zq genuine value"].map(str::to_owned));
        secrets.extend(["zq elsewhere", "zq another's"].map(str::to_owned));
        for record in self.served.records().await {
            let token = record.event_token.as_str().to_owned();
            // The signature is the secret part.
            secrets.extend(
                token
                    .rsplit_once('.')
                    .map(|(_, signature)| signature.to_owned()),
            );
            secrets.insert(token);
        }
        secrets
    }

    /// The answers that both portals were sent.
    pub(crate) fn answers(&self) -> usize {
        let history = [self.served.portal.history(), self.other.0.history()].concat();
        let answers = history.iter();
        let answers = answers.filter(|record| matches!(record.event, Event::Replied { .. }));
        answers.count()
    }
}
