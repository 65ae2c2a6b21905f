//! What a portal keeps.

use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    Error, Portal, dates,
    faults::Faults,
    history::{Event, Outgoing, Record},
    install::Application,
    page,
    portal::WeakPortal,
    random,
    registration::Registry,
    rest::{Grant, Grants},
    settings::Settings,
    token::Signer,
    workflow::{Instance, Reply},
};

/// How long an access token lives, in seconds.
pub(crate) const TOKEN_LIFE: i64 = 3600;

/// Everything that changes.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) installations: IndexMap<String, Application>,
    pub(crate) grants: Grants,
    pub(crate) registry: Registry,
    pub(crate) workflows: IndexMap<String, Instance>,
    pub(crate) faults: Faults,
    pub(crate) history: Vec<Record>,
    /// What was saved on the portal's page.
    pub(crate) saved: page::Saved,
}

impl State {
    /// Why there is no robot or activity with this code.
    pub(crate) fn not_registered(&self, code: &str) -> Error {
        let installed = self.installations.values().filter(|app| app.installed);
        let deaf = installed.filter(|app| match &app.told.outcome {
            Outgoing::Answered(answer) => !(200..300).contains(&answer.status),
            Outgoing::Awaited | Outgoing::Failed(_) => true,
        });
        Error::NotRegistered {
            code: code.to_owned(),
            registered: self.registry.iter().map(|row| row.code.clone()).collect(),
            deaf: deaf
                .map(|app| format!("{} {}", app.told.url, app.told.outcome))
                .collect(),
        }
    }
}

/// One portal: shared by its handles, its server and its tasks.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) url: String,
    pub(crate) member_id: String,
    pub(crate) signer: Signer,
    pub(crate) http: reqwest::Client,
    /// Replies that newer platforms apply after they answered, in order.
    pub(crate) replies: mpsc::UnboundedSender<Reply>,
    portal: OnceLock<WeakPortal>,
    changed: watch::Sender<()>,
    /// Milliseconds by which the portal's clock is ahead of the machine's.
    clock_ahead: AtomicI64,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

impl Shared {
    pub(crate) fn new(
        settings: Settings,
        url: String,
        http: reqwest::Client,
        signer: Signer,
        replies: mpsc::UnboundedSender<Reply>,
    ) -> Self {
        Self {
            settings,
            url,
            member_id: random::hex32(),
            signer,
            http,
            replies,
            portal: OnceLock::new(),
            changed: watch::Sender::new(()),
            clock_ahead: AtomicI64::new(0),
            state: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    /// The portal itself, unless it is being dropped.
    pub(crate) fn portal(&self) -> Option<Portal> {
        self.portal.get().and_then(WeakPortal::upgrade)
    }

    /// Tells the portal's server which portal it serves, once.
    pub(crate) fn set_portal(&self, portal: WeakPortal) {
        // A second portal of the same state cannot be made.
        let _ = self.portal.set(portal);
    }

    /// The state; never held across an `await`.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.clock_ahead.load(Ordering::Relaxed));
        Timestamp::now()
            .checked_add(ahead)
            .unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward and wakes everything that waits for it.
    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.clock_ahead.fetch_add(millis, Ordering::Relaxed);
        self.wake();
    }

    /// Notices of every change, the clock's included.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Writes an event of this moment into the history.
    pub(crate) fn record(&self, state: &mut State, event: Event) {
        self.record_at(state, self.now(), event);
    }

    /// Writes an event that began earlier and whose result is known now into its place in the history.
    pub(crate) fn record_at(&self, state: &mut State, at: Timestamp, event: Event) {
        let place = state.history.partition_point(|record| record.at <= at);
        state.history.insert(place, Record { at, event });
        self.wake();
    }

    /// Tells everything that waits for a change to look again.
    pub(crate) fn wake(&self) {
        self.changed.send_replace(());
    }

    /// Runs a task that ends with the portal at the latest.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    pub(crate) fn stop(&self) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }

    /// Host and port.
    pub(crate) fn domain(&self) -> &str {
        self.url.strip_prefix("http://").unwrap_or(&self.url)
    }

    pub(crate) fn client_endpoint(&self) -> String {
        format!("{}/rest/", self.url)
    }

    pub(crate) fn server_endpoint(&self) -> String {
        format!("{}/oauth/rest/", self.url)
    }

    pub(crate) fn iso(&self, at: Timestamp) -> String {
        dates::rfc3339(at, dates::server_zone(&self.settings))
    }

    /// Gives out an access token.
    pub(crate) fn grant(
        &self,
        state: &mut State,
        client_id: &str,
        user_id: u64,
    ) -> (String, Timestamp) {
        let token = random::alphanumeric(70);
        let expires = self
            .now()
            .checked_add(SignedDuration::from_secs(TOKEN_LIFE))
            .unwrap_or(Timestamp::MAX);
        state.grants.tokens.insert(
            token.clone(),
            Grant {
                client_id: client_id.to_owned(),
                user_id,
                expires,
            },
        );
        (token, expires)
    }
}
