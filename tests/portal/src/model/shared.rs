//! One portal as its handles, its server and its tasks share it: settings, clock, state.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::model::history::{Event, Record};
use crate::model::queue::Posting;
use crate::model::state::State;
use crate::model::workflow::reply::Reply;
use crate::rules::settings::Settings;
use crate::rules::token::Signer;
use crate::rules::{dates, random};

/// The addresses of a portal.
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
    /// Replies that newer platforms apply after their response, in order.
    pub(crate) replies: mpsc::UnboundedSender<Reply>,
    /// Itself, for the tasks it spawns.
    this: Weak<Self>,
    /// Requests to applications, which the wire sends.
    outbox: mpsc::UnboundedSender<Posting>,
    changed: watch::Sender<()>,
    /// Notices of the clock alone: a task that waits for a time need not look at every event.
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
        outbox: mpsc::UnboundedSender<Posting>,
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
            outbox,
            changed: watch::Sender::new(()),
            clock_moved: watch::Sender::new(()),
            clock_ahead: AtomicI64::new(0),
            state: Mutex::default(),
            tasks: Mutex::default(),
        })
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
        // It never fails: the closure always returns a value.
        let _ = self
            .clock_ahead
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| {
                Some(ahead.saturating_add(millis))
            });
        self.clock_moved.send_replace(());
        self.wake();
    }

    /// Subscribes to notices of every change, including the clock's.
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

    /// Records an event in the history, at the current time.
    pub(crate) fn record(&self, state: &mut State, event: Event) {
        self.record_at(state, self.now(), event);
    }

    /// Records an event that began earlier, and whose result is known now, at its place in the
    /// history.
    pub(crate) fn record_at(&self, state: &mut State, at: Timestamp, event: Event) {
        if let Some(id) = event.workflow_id() {
            state.wake_workflow(id);
        }
        let limit = self.settings.history_limit;
        state.history.put(Record { at, event }, limit);
        self.wake();
    }

    /// Wakes everything that waits for a change.
    pub(crate) fn wake(&self) {
        self.changed.send_replace(());
    }

    /// Puts a request into the outbox.
    pub(crate) fn post(&self, posting: Posting) {
        // The outbox is closed only while the portal is being dropped.
        let _ = self.outbox.send(posting);
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
}
