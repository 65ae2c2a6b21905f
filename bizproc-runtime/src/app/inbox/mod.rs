//! The inbox: authenticates calls and stores them before the portal gets its response.
//!
//! A portal calls once. Whatever fails on this side, the call is stored somewhere, or runs
//! immediately.

mod journal;
mod record;
mod recover;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::Instrument as _;

use crate::app::backoff::with_deadline;
use crate::app::portals::Portals;
use crate::app::telemetry::outcome::accept_label;
use crate::app::telemetry::{metrics, spans};
use crate::app::worker::{Robots, Worker};
use crate::call::Envelope;
use crate::error::{Error, ErrorKind, Result};
use crate::form::Limits;
use crate::portal::Portal;
use crate::store::{AcceptOutcome, NewCall, Store};
pub(crate) use journal::Journal;
use record::JournaledCall;

/// How long the store may take when the journal can take over: a portal calls slow handlers less
/// often.
const STORE_TIMEOUT_WITH_JOURNAL: Duration = Duration::from_secs(3);

/// How long it may take when nothing can take over: a store that is only slow has the call in the
/// end, and portals that wait send fewer.
pub(crate) const STORE_TIMEOUT_WITHOUT_JOURNAL: Duration = Duration::from_secs(30);

/// Accepts calls.
pub(crate) struct Inbox {
    store: Arc<dyn Store>,
    portals: Arc<Portals>,
    robots: Arc<Robots>,
    worker: Arc<Worker>,
    journal: Option<Journal>,
    form_limits: Limits,
}

/// What a portal's call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    New,
    Duplicate,
}

impl Accepted {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "accepted",
            Self::Duplicate => "duplicate",
        }
    }
}

impl From<AcceptOutcome> for Accepted {
    fn from(outcome: AcceptOutcome) -> Self {
        match outcome {
            AcceptOutcome::Accepted => Self::New,
            AcceptOutcome::Duplicate | AcceptOutcome::Redelivered => Self::Duplicate,
        }
    }
}

impl Inbox {
    pub(crate) fn new(
        store: &Arc<dyn Store>,
        portals: &Arc<Portals>,
        robots: &Arc<Robots>,
        worker: &Arc<Worker>,
        journal: Option<Journal>,
        form_limits: Limits,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            portals: Arc::clone(portals),
            robots: Arc::clone(robots),
            worker: Arc::clone(worker),
            journal,
            form_limits,
        }
    }

    /// Authenticates a call and stores it; everything else is done later.
    pub(crate) async fn accept(&self, body: Vec<u8>) -> Result<Accepted> {
        let accepted = self.try_accept(body).await;
        accepted.inspect_err(metrics::call_refused)
    }

    async fn try_accept(&self, body: Vec<u8>) -> Result<Accepted> {
        let envelope = Envelope::from_body(&body, &self.form_limits)?;
        let timeout = match self.journal {
            Some(_) => STORE_TIMEOUT_WITH_JOURNAL,
            None => STORE_TIMEOUT_WITHOUT_JOURNAL,
        };
        let deadline = Instant::now() + timeout;
        let portal = self
            .portals
            .authenticate_until(deadline, &envelope.auth)
            .await?;
        let span = spans::accept_span(&envelope);
        let call = NewCall::new(envelope.into(), body);
        let is_known = self.robots.get(&call.head.code).is_some();
        let accepted = self
            .persist(call, portal, deadline)
            .instrument(span)
            .await?;
        if !is_known {
            self.worker.search();
        }
        Ok(accepted)
    }

    /// Stores a call; writes it to the journal when that fails; runs it immediately when that fails,
    /// too.
    async fn persist(
        &self,
        call: NewCall,
        portal: Option<Arc<Portal>>,
        deadline: Instant,
    ) -> Result<Accepted> {
        if portal.is_some() {
            match self.store(&call, deadline).await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => tracing::error!("the store cannot accept a call: {error}"),
            }
        }
        if let Some(journal) = &self.journal {
            let journaled = JournaledCall {
                call: call.clone(),
                is_authenticated: portal.is_some(),
            };
            match journal.append(journaled).await {
                Ok(()) => {
                    metrics::call_journaled();
                    return Ok(Accepted::New);
                }
                Err(error) => tracing::error!("{error}"),
            }
        }
        let Some(portal) = portal else {
            let message = "the call can be neither authenticated nor stored";
            return Err(Error::new(ErrorKind::Store, message));
        };
        metrics::call_unpersisted();
        tracing::error!("the call is stored nowhere and runs immediately: a crash would lose it");
        self.worker.run_unpersisted(call, portal);
        Ok(Accepted::New)
    }

    async fn store(&self, call: &NewCall, deadline: Instant) -> Result<Accepted> {
        let accepting = self.store.accept(call.clone(), SystemTime::now());
        let outcome = with_deadline(deadline, accepting).await?;
        tracing::info!(outcome = accept_label(outcome), "a call arrived");
        metrics::call_accepted(self.robots.label(&call.head.code), outcome);
        Ok(outcome.into())
    }
}
