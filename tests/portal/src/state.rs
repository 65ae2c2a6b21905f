//! What a portal keeps.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
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
    Error, Portal,
    application::Application,
    dates,
    document::{DocumentId, Documents},
    events::Events,
    faults::Faults,
    files::Files,
    history::{Event, History, Outgoing, Record},
    oauth::Codes,
    page,
    php::Value,
    portal::WeakPortal,
    queue::Throttle,
    random,
    registration::{Registry, Senders},
    rest::{Blocks, Buckets, Grant, Grants, Load, RefreshGrant},
    settings::Settings,
    token::Signer,
    users::Users,
    workflow::{Instance, Reply, Tasks, Templates},
};

/// How long an access token lives, in seconds.
pub(crate) const TOKEN_LIFE: i64 = 3600;

/// How long a refresh token lives: 180 days, in seconds.
const REFRESH_TOKEN_LIFE: i64 = 180 * 24 * 60 * 60;

/// How long an access token that expired is still known as such.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Everything that changes.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) installations: IndexMap<String, Application>,
    pub(crate) grants: Grants,
    pub(crate) registry: Registry,
    pub(crate) senders: Senders,
    pub(crate) workflows: IndexMap<String, Instance>,
    pub(crate) templates: Templates,
    pub(crate) tasks: Tasks,
    pub(crate) documents: Documents,
    pub(crate) files: Files,
    pub(crate) faults: Faults,
    pub(crate) buckets: Buckets,
    pub(crate) load: Load,
    pub(crate) blocks: Blocks,
    pub(crate) users: Users,
    pub(crate) codes: Codes,
    pub(crate) history: History,
    pub(crate) events: Events,
    pub(crate) throttle: Throttle,
    /// What was saved on the portal's page.
    pub(crate) saved: page::Saved,
}

impl State {
    /// Tells whoever waits for something of this workflow to look again.
    pub(crate) fn wake_workflow(&self, id: &str) {
        if let Some(instance) = self.workflows.get(id) {
            instance.changed.send_replace(());
        }
    }

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

/// Where a portal is.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) portal: String,
    pub(crate) authorisation: String,
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, domain)| domain)
}

/// One portal: shared by its handles, its server and its tasks.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) url: String,
    /// Where the authorisation server is.
    pub(crate) oauth_url: String,
    pub(crate) member_id: String,
    pub(crate) signer: Signer,
    pub(crate) http: reqwest::Client,
    /// Replies that newer platforms apply after they answered, in order.
    pub(crate) replies: mpsc::UnboundedSender<Reply>,
    /// Itself, for the tasks it spawns.
    this: Weak<Self>,
    portal: OnceLock<WeakPortal>,
    changed: watch::Sender<()>,
    /// Of the clock alone: what waits for a time need not look at every event.
    clock_moved: watch::Sender<()>,
    /// Milliseconds by which the portal's clock is ahead of the machine's.
    clock_ahead: AtomicI64,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

impl Shared {
    pub(crate) fn new(
        settings: Settings,
        addresses: Addresses,
        http: reqwest::Client,
        signer: Signer,
        replies: mpsc::UnboundedSender<Reply>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            settings,
            url: addresses.portal,
            oauth_url: addresses.authorisation,
            member_id: random::hex32(),
            signer,
            http,
            replies,
            portal: OnceLock::new(),
            changed: watch::Sender::new(()),
            clock_moved: watch::Sender::new(()),
            clock_ahead: AtomicI64::new(0),
            state: Mutex::default(),
            tasks: Mutex::default(),
        })
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
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        // Never refused: the closure always gives a value.
        let _ = self
            .clock_ahead
            .fetch_update(set, get, |ahead| Some(ahead.saturating_add(millis)));
        self.clock_moved.send_replace(());
        self.wake();
    }

    /// Notices of every change, the clock's included.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Waits until the portal's clock shows this.
    pub(crate) async fn until(&self, at: Timestamp) {
        let mut clock = self.clock_moved.subscribe();
        while let Ok(pause) = Duration::try_from(at.duration_since(self.now()))
            && !pause.is_zero()
        {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                moved = clock.changed() => if moved.is_err() { return },
            }
        }
    }

    /// Writes an event of this moment into the history.
    pub(crate) fn record(&self, state: &mut State, event: Event) {
        self.record_at(state, self.now(), event);
    }

    /// Writes an event that began earlier and whose result is known now into its place in the history.
    pub(crate) fn record_at(&self, state: &mut State, at: Timestamp, event: Event) {
        if let Some(id) = event.workflow_id() {
            state.wake_workflow(id);
        }
        let limit = self.settings.history_limit;
        state.history.put(Record { at, event }, limit);
        self.wake();
    }

    /// Sets fields of a document; `false` if there is none.
    pub(crate) fn set_fields(
        &self,
        state: &mut State,
        id: &DocumentId,
        fields: Vec<(String, Value)>,
    ) -> bool {
        let Some(document) = state.documents.get_mut(id) else {
            return false;
        };
        let mut changed = serde_json::Map::new();
        for (field, value) in fields {
            changed.insert(field.clone(), value.to_json());
            document.set(&field, value);
        }
        self.record(
            state,
            Event::DocumentChanged {
                document_id: id.clone(),
                fields: changed.into(),
            },
        );
        true
    }

    /// Deletes a document; `false` if there is none.
    pub(crate) fn delete_document(&self, state: &mut State, id: &DocumentId) -> bool {
        let is_deleted = state.documents.remove(id).is_some();
        if is_deleted {
            let document_id = id.clone();
            self.record(state, Event::DocumentDeleted { document_id });
        }
        is_deleted
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

    /// Runs a task that needs the portal itself.
    pub(crate) fn spawn_with<F>(&self, task: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // A portal that is being dropped starts nothing more.
        if let Some(this) = self.this.upgrade() {
            self.spawn(task(this));
        }
    }

    pub(crate) fn stop(&self) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }

    /// Host and port.
    pub(crate) fn domain(&self) -> &str {
        without_scheme(&self.url)
    }

    /// Host and port of the authorisation server.
    pub(crate) fn oauth_domain(&self) -> &str {
        without_scheme(&self.oauth_url)
    }

    pub(crate) fn client_endpoint(&self) -> String {
        format!("{}/rest/", self.url)
    }

    pub(crate) fn server_endpoint(&self) -> String {
        format!("{}/rest/", self.oauth_url)
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
        let now = self.now();
        let life = SignedDuration::from_secs(TOKEN_LIFE);
        let expires = now.checked_add(life).unwrap_or(Timestamp::MAX);
        let known = &mut state.grants.tokens;
        // One that expired long ago is told from an unknown one by nobody.
        if known.len().is_power_of_two() {
            known.retain(|_, grant| grant.expires.duration_until(now) < FORGOTTEN_AFTER);
        }
        known.insert(
            token.clone(),
            Grant {
                client_id: client_id.to_owned(),
                user_id,
                expires,
                chain: 0,
            },
        );
        (token, expires)
    }

    /// Gives out a refresh token.
    pub(crate) fn grant_refresh(&self, state: &mut State, client_id: &str, user_id: u64) -> String {
        let token = random::alphanumeric(70);
        let now = self.now();
        let known = &mut state.grants.refresh_tokens;
        // Looking through all of them is worth it only when they have doubled.
        if known.len().is_power_of_two() {
            known.retain(|_, grant| grant.expires > now);
        }
        let life = SignedDuration::from_secs(REFRESH_TOKEN_LIFE);
        let grant = RefreshGrant {
            client_id: client_id.to_owned(),
            user_id,
            expires: now.checked_add(life).unwrap_or(Timestamp::MAX),
        };
        known.insert(token.clone(), grant);
        token
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::Portal;

    #[tokio::test]
    async fn the_clock_never_goes_back() {
        let portal = Portal::start().await.unwrap();
        let mut before = portal.shared().now();
        for by in [Duration::from_secs(1), Duration::MAX, Duration::MAX] {
            portal.advance(by);
            let now = portal.shared().now();
            assert!(now >= before, "{now} after {before}");
            before = now;
        }
    }
}
