//! A store in PostgreSQL.

mod accept;
mod calls;
mod changes;
mod listen;
mod open;
mod pace;
mod portals;
mod read;
mod tell;
mod text;

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use self::accept::Acceptor;
use self::changes::STEP;
pub use self::open::PostgresOptions;
use self::pace::Pace;
use self::portals::Portals;
use self::tell::Teller;
use self::text::escape;
use super::cipher::{Cipher, Sealed, of_call, of_portal};
use super::entry::{Entry, unknown};
use super::row::{self, SqlResult, answer_to_text, portal_to_json, to_i64};
use super::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, NewCall, Notifier,
    ReplyToSend, RunQuota, Store, StoredReply, Transition,
};
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::{EventToken, SharedRateLimit};

/// Keeps calls and portals in PostgreSQL, for any number of programs.
///
/// The programs tell each other of work by notices of the database, and take calls by leases: what
/// a program had claimed when it ended comes back when its leases end. A portal that another
/// program changed is read again at once, and after a minute in any case. A connection that is cut
/// is an error of [`ErrorKind::Store`] for whoever uses it just then; the next use makes a new one.
///
/// A method whose future is dropped may have taken effect or not.
///
/// ```no_run
/// use bizproc_runtime::store::Postgres;
///
/// # async fn open() -> bizproc_runtime::Result<()> {
/// let store = Postgres::open("postgres://user:password@db.example/robots").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Postgres {
    /// The database and its host, for messages.
    name: Arc<str>,
    acceptor: Acceptor,
    listener: JoinHandle<()>,
    pool: PgPool,
    /// For taking calls, and telling of them.
    of_calls: PgPool,
    teller: Teller,
    shared: Arc<Shared>,
    cipher: Cipher,
}

/// What every part of the program sees of the store.
#[derive(Debug, Default)]
struct Shared {
    notifier: Notifier,
    portals: Portals,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// A failure of the database, with its name.
fn fault(name: &str, doing: &str, error: sqlx::Error) -> Error {
    let message = match &error {
        sqlx::Error::PoolClosed => format!("the store `{name}` could not {doing}: it was closed"),
        other => format!("the store `{name}` could not {doing}: {other}"),
    };
    Error::new(ErrorKind::Store, message).with_source(error)
}

impl Postgres {
    /// Opens the database at this address, with the options' defaults.
    ///
    /// # Errors
    ///
    /// As [`PostgresOptions::open`].
    pub async fn open(url: impl Into<String>) -> Result<Self> {
        PostgresOptions::new(url).open().await
    }

    /// Closes all connections. Whatever is asked of the store afterwards is an error of
    /// [`ErrorKind::Store`].
    pub async fn close(&self) {
        self.listener.abort();
        self.of_calls.close().await;
        self.pool.close().await;
    }

    fn done<T>(&self, doing: &str, done: SqlResult<T>) -> Result<T> {
        done.map_err(|error| fault(&self.name, doing, error))
    }

    /// Decrypts the body of a claimed call. One that cannot be decrypted is buried, so that it
    /// holds up no others.
    async fn body(&self, claim: &Claim, body: Sealed) -> Result<Option<Vec<u8>>> {
        let error = match self.cipher.open(&of_call(&claim.event_token), body) {
            Ok(body) => return Ok(Some(body)),
            Err(error) => error,
        };
        tracing::error!(event = ?claim.event_token, "a call is given up: {error}");
        let next = Transition::DeadLetter(format!("its body cannot be read: {error}"));
        self.finish(claim, next, SystemTime::UNIX_EPOCH).await?;
        Ok(None)
    }

    fn portal_of(&self, (member_id, kept): (String, Sealed)) -> Result<Portal> {
        let json = self.cipher.open(&of_portal(&member_id), kept);
        let portal = json.and_then(|json| row::portal(&json));
        portal.map_err(|error| error.context(format!("the store `{}`", self.name)))
    }
}

#[async_trait]
impl Store for Postgres {
    fn notifier(&self) -> &Notifier {
        &self.shared.notifier
    }

    fn shared_rate_limit(&self) -> Option<Arc<dyn SharedRateLimit>> {
        Some(Arc::new(Pace {
            name: Arc::clone(&self.name),
            pool: self.pool.clone(),
        }))
    }

    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome> {
        let entry = Entry::new(0, &call, now);
        let body = self.cipher.seal(&of_call(&call.event_token), call.body)?;
        let accepted = self.acceptor.accept(entry, body).await;
        self.done("keep a call", accepted)
    }

    async fn runnable_robots(&self) -> Result<Vec<String>> {
        let codes = read::runnable_robots(&self.pool).await;
        self.done("say what can be run", codes)
    }

    async fn claim_runs(
        &self,
        slots: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>> {
        let slots = slots.iter();
        let slots = slots.map(|slot| (escape(slot.code).into_owned(), to_i64(slot.max.min(total))));
        let slots = slots.collect::<Vec<_>>();
        let claimed = self.start(&slots, total, lease).await;
        let claimed = self.done("give calls to run", claimed)?;
        let mut runs = Vec::with_capacity(claimed.len());
        for (mut run, body) in claimed {
            if let Some(body) = self.body(&run.claim, body).await? {
                run.call.body = body;
                runs.push(run);
            }
        }
        Ok(runs)
    }

    async fn portals_with_replies(&self) -> Result<Vec<String>> {
        let portals = read::portals_with_replies(&self.pool).await;
        self.done("say what can be sent", portals)
    }

    async fn claim_replies(
        &self,
        member_id: &str,
        at_most: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>> {
        let claimed = self.take(member_id, at_most, lease).await;
        let claimed = self.done("give answers to send", claimed)?;
        let mut sends = Vec::with_capacity(claimed.len());
        for (mut send, body) in claimed {
            if let Some(body) = self.body(&send.claim, body).await? {
                send.call.body = body;
                sends.push(send);
            }
        }
        Ok(sends)
    }

    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool> {
        let text = Some(answer_to_text(&reply)?);
        let is_first = self.change(token, text, |call| call.give(now)).await;
        let is_first = self.done("keep an answer", is_first)?;
        is_first.ok_or_else(|| unknown(token))
    }

    async fn finish(&self, claim: &Claim, next: Transition, now: SystemTime) -> Result<bool> {
        let text = match &next {
            Transition::Reply(answer) => Some(answer_to_text(answer)?),
            _ => None,
        };
        let ended = self.end(claim, &next, text, now).await;
        self.done("keep what became of a call", ended)?
    }

    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()> {
        let extended = self.lease(claims, Some(lease)).await;
        self.done("extend leases", extended)
    }

    async fn release_claims(&self, claims: &[Claim]) -> Result<()> {
        let released = self.lease(claims, None).await;
        self.done("release calls", released)
    }

    async fn retry_dead(&self, token: &EventToken) -> Result<bool> {
        let revived = self.change(token, None, Entry::retry_dead).await;
        let revived = self.done("retry_dead a call", revived)?;
        revived.ok_or_else(|| unknown(token))
    }

    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>> {
        let doing = "wake calls";
        loop {
            let next = read::next_due(&self.pool).await;
            let next = self.done(doing, next)?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            let woken = self.wake_step(now).await;
            // Others are waking the rest.
            if self.done(doing, woken)? == 0 {
                return Ok(next);
            }
        }
    }

    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize> {
        let mut forgotten = 0;
        let paces = Pace::forget(&self.pool).await;
        self.done("forget the paces of portals", paces)?;
        loop {
            let at_most = STEP.min(limit - forgotten);
            let step = self.forget_step(before, at_most).await;
            let step = self.done("forget calls", step)?;
            forgotten += step;
            if step < STEP {
                return Ok(forgotten);
            }
        }
    }

    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>> {
        let record = read::one(&self.pool, token).await;
        self.done("give a call", record)
    }

    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>> {
        let records = read::records(&self.pool, filter).await;
        self.done("give calls", records)
    }

    async fn counts(&self) -> Result<CallCounts> {
        let rows = read::counts(&self.pool).await;
        let rows = self.done("count its calls", rows)?;
        Ok(row::counts(&rows))
    }

    async fn save_portal(&self, portal: Portal) -> Result<()> {
        let json = portal_to_json(&portal)?;
        let kept = self.cipher.seal(&of_portal(&portal.member_id), json)?;
        let saved = self.keep_portal(&portal.member_id, &kept).await;
        self.done("keep a portal", saved)
    }

    async fn replace_portal(&self, portal: Portal, expired: &SecretString) -> Result<bool> {
        let doing = "replace a portal";
        let json = portal_to_json(&portal)?;
        let new = self.cipher.seal(&of_portal(&portal.member_id), json)?;
        // Again when another program was quicker.
        loop {
            let found = read::portals(&self.pool, Some(&portal.member_id)).await;
            let Some((member_id, old)) = self.done(doing, found)?.pop() else {
                return Ok(false);
            };
            let kept = self.portal_of((member_id, old.clone()))?;
            if !kept.has_access_token(expired) {
                return Ok(false);
            }
            let swapped = self.swap_portal(&portal.member_id, &old, &new).await;
            if self.done(doing, swapped)? {
                return Ok(true);
            }
        }
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        if let Some(portal) = self.shared.portals.get(member_id) {
            return Ok(Some(portal));
        }
        let changes = self.shared.portals.changes();
        let kept = read::portals(&self.of_calls, Some(member_id)).await;
        let kept = self.done("give a portal", kept)?.pop();
        let portal = kept.map(|kept| self.portal_of(kept)).transpose()?;
        if let Some(portal) = &portal {
            self.shared.portals.know(portal, changes);
        }
        Ok(portal)
    }

    async fn portals(&self) -> Result<Vec<Portal>> {
        let kept = read::portals(&self.pool, None).await;
        let kept = self.done("give its portals", kept)?.into_iter();
        kept.map(|kept| self.portal_of(kept)).collect()
    }

    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()> {
        let doing = "remove a portal";
        let removed = self.drop_portal(member_id).await;
        self.done(doing, removed)?;
        let mut after = 0;
        loop {
            let last = self.uninstall_step(member_id, after, now).await;
            match self.done(doing, last)? {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}
