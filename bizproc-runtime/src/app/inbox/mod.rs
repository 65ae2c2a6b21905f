//! Taking calls: proving who calls, keeping the call before the portal is answered.
//!
//! A portal calls once. Whatever goes wrong on this side, the call is kept somewhere, or runs at
//! once.

pub(in crate::app) mod journal;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::Instrument as _;

use crate::app::inbox::journal::{Spill, Spilled};
use crate::app::service::Shared;
use crate::app::telemetry::metrics as meter;
use crate::app::telemetry::outcome;
use crate::app::worker::attempt;
use crate::call::Envelope;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Auth, Portal, unauthenticated};
use crate::store::{AcceptOutcome, NewCall};

/// How long a store may take when a spill file can take over: a portal calls handlers less often
/// that answer slowly.
const STORE_PATIENCE: Duration = Duration::from_secs(3);

/// How long it may take when nothing can: a store that is only slow keeps the call in the end, and
/// portals that wait send fewer.
pub(in crate::app) const LONG_PATIENCE: Duration = Duration::from_secs(30);

/// How often the store is tried that did not take calls.
const SPILL_PAUSE: Duration = Duration::from_secs(1);

/// The portals that proved themselves, for the times when the store does not answer.
#[derive(Debug, Default)]
pub(in crate::app) struct Proven(Mutex<HashMap<String, Arc<Portal>>>);

impl Proven {
    fn remember(&self, portal: &Arc<Portal>) {
        let mut portals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        portals.insert(portal.member_id.clone(), Arc::clone(portal));
    }

    fn get(&self, member_id: &str) -> Option<Arc<Portal>> {
        let portals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        portals.get(member_id).cloned()
    }

    pub(in crate::app) fn forget(&self, member_id: &str) {
        let mut portals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        portals.remove(member_id);
    }
}

/// Proves who calls and keeps the call; everything else is done later. What was done is named.
pub(in crate::app) async fn accept(shared: &Arc<Shared>, body: Vec<u8>) -> Result<&'static str> {
    let accepted = try_accept(shared, body).await;
    accepted.inspect_err(meter::refused)
}

async fn try_accept(shared: &Arc<Shared>, body: Vec<u8>) -> Result<&'static str> {
    let envelope = Envelope::from_body(&body, &shared.settings.limits)?;
    let patience = match shared.spill {
        Some(_) => STORE_PATIENCE,
        None => LONG_PATIENCE,
    };
    let until = Instant::now() + patience;
    let stored = shared.store.portal(&envelope.auth.member_id);
    let portal = match patiently(until, stored).await {
        Ok(portal) => Some(portal.ok_or_else(|| unauthenticated(&envelope.auth.member_id))?),
        Err(error) => {
            tracing::error!("the store does not say who calls: {error}");
            shared.proven.get(&envelope.auth.member_id)
        }
    };
    if let Some(portal) = &portal {
        portal.verify(&envelope.auth)?;
        shared.proven.remember(portal);
    }
    let span = outcome::coming(&envelope);
    let call = NewCall::new(envelope.into(), body);
    let is_known = shared.routes.contains_key(call.head.code.as_str());
    let kept = keep(shared, call, portal, until).instrument(span).await?;
    if !is_known {
        shared.searched.notify_one();
    }
    Ok(kept)
}

/// Keeps a call in the store; in the spill file when that fails; runs it at once when that fails
/// too.
async fn keep(
    shared: &Arc<Shared>,
    call: NewCall,
    portal: Option<Arc<Portal>>,
    until: Instant,
) -> Result<&'static str> {
    if portal.is_some() {
        let accepted = shared.store.accept(call.clone(), SystemTime::now());
        match patiently(until, accepted).await {
            Ok(acceptance) => {
                outcome::came(acceptance);
                meter::came(shared.robot_label(&call.head.code), acceptance);
                return Ok(match acceptance {
                    AcceptOutcome::Accepted => "accepted",
                    AcceptOutcome::Duplicate | AcceptOutcome::Redelivered => "duplicate",
                });
            }
            Err(error) => tracing::error!("the store does not keep a call: {error}"),
        }
    }
    if let Some(spill) = &shared.spill {
        let spilled = Spilled {
            call: call.clone(),
            is_proven: portal.is_some(),
        };
        match spill.keep(spilled).await {
            Ok(()) => {
                meter::spilled();
                return Ok("accepted");
            }
            Err(error) => tracing::error!("{error}"),
        }
    }
    let portal = portal.ok_or_else(|| {
        Error::new(
            ErrorKind::Store,
            "nobody can say who calls, and nothing keeps the call",
        )
    })?;
    meter::unkept();
    tracing::error!("the call is kept nowhere, and runs at once: a crash would lose it");
    let (of_run, running) = (Arc::clone(shared), Arc::clone(&shared.unkept));
    shared.spawn(async move {
        attempt::run_unkept(&of_run, call, portal).await;
        drop(running);
    });
    Ok("accepted")
}

async fn patiently<T>(until: Instant, asked: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = tokio::time::timeout_at(until, asked).await;
    answer.unwrap_or_else(|_| Err(Error::new(ErrorKind::Store, "it took too long to answer")))
}

/// The stored portal that an event proves to come from.
pub(in crate::app) async fn prove(shared: &Shared, auth: &Auth) -> Result<Arc<Portal>> {
    let portal = shared.store.portal(&auth.member_id).await?;
    let portal = portal.ok_or_else(|| unauthenticated(&auth.member_id))?;
    portal.verify(auth)?;
    Ok(portal)
}

/// Gives the store what it did not take, as soon as it does.
pub(in crate::app) async fn read_back(shared: Arc<Shared>) {
    let Some(spill) = &shared.spill else { return };
    loop {
        spill.filled.notified().await;
        while let Err(error) = try_read_back(&shared, spill).await {
            tracing::warn!("calls wait outside of the store: {error}");
            tokio::time::sleep(SPILL_PAUSE).await;
        }
    }
}

async fn try_read_back(shared: &Shared, spill: &Spill) -> Result<()> {
    loop {
        let (spilled, end) = spill.read()?;
        for Spilled {
            mut call,
            is_proven,
        } in spilled
        {
            if !is_proven && !is_genuine(shared, &call).await? {
                tracing::warn!(
                    portal = call.head.member_id,
                    "a forged call was kept, and dropped"
                );
                continue;
            }
            call.complete_head(&shared.settings.limits);
            // Kept twice is kept once.
            shared.store.accept(call, SystemTime::now()).await?;
        }
        if spill.clear(end)? {
            tracing::info!("the store has every call again");
            return Ok(());
        }
    }
}

/// Whether a call comes from its portal that nobody could prove when it came.
async fn is_genuine(shared: &Shared, call: &NewCall) -> Result<bool> {
    let Some(portal) = shared.store.portal(&call.head.member_id).await? else {
        return Ok(false);
    };
    let envelope = Envelope::from_body(&call.body, &shared.settings.limits)?;
    Ok(portal.verify(&envelope.auth).is_ok())
}
