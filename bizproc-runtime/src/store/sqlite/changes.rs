//! What changes the calls: each loads a call, lets the rules change it, and saves it.

use std::time::SystemTime;

use async_trait::async_trait;

use super::super::cipher::Sealed;
use super::super::entry::Entry;
use super::super::row::{SqlResult, answer, to_i64};
use super::super::{
    AcceptOutcome, CallToRun, Claim, Completion, ReplyToSend, StoredReply, Transition,
};
use super::calls::{After, Calls};
use super::insert::New;
use super::writer::Change;
use crate::error::Result;
use crate::portal::Portal;
use crate::rest::EventToken;

/// How many calls one transaction changes of those that are many at once.
pub(super) const STEP: usize = 500;

pub(super) struct Accept {
    pub(super) call: Entry,
    pub(super) body: Sealed,
}

#[async_trait]
impl Change for Accept {
    type Made = AcceptOutcome;

    // Something else was done with the call.
    const NEEDS_ASKER: bool = true;

    fn new_call(&self) -> Option<(New<'_>, AcceptOutcome)> {
        Some(((&self.call, &self.body), AcceptOutcome::Accepted))
    }

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<AcceptOutcome> {
        let token = &self.call.event_token;
        if calls.insert((&self.call, &self.body)).await?.is_some() {
            return Ok(AcceptOutcome::Accepted);
        }
        let Some(mut call) = calls.find(token).await? else {
            return Ok(AcceptOutcome::Duplicate);
        };
        if !call.repeat(&self.call.member_id) {
            return Ok(AcceptOutcome::Duplicate);
        }
        calls.set_body(to_i64(call.number), &self.body).await?;
        calls.save(&call).await?;
        Ok(AcceptOutcome::Redelivered)
    }
}

/// A claimed call and its body, which whoever asked decrypts.
pub(super) type Claimed<T> = Vec<(T, Sealed)>;

pub(super) struct ClaimRuns {
    pub(super) slots: Vec<(String, usize)>,
    pub(super) total: usize,
    pub(super) lease: SystemTime,
}

#[async_trait]
impl Change for ClaimRuns {
    type Made = Claimed<CallToRun>;

    const IS_BRIEF: bool = true;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Self::Made> {
        let mut found = Vec::new();
        for (code, at_most) in &self.slots {
            let at_most = self.total.min(*at_most);
            if at_most > 0 {
                found.extend(calls.first_to_run(code, at_most).await?);
            }
        }
        found.sort_by_key(|call| (call.deadline.is_none(), call.deadline, call.number));
        found.truncate(self.total);
        let mut claimed = Vec::with_capacity(found.len());
        for mut call in found {
            call.start(self.lease);
            calls.save(&call).await?;
            let body = calls.body(&call).await?;
            claimed.push((call.to_run(Vec::new()), body));
        }
        Ok(claimed)
    }
}

pub(super) struct ClaimSends {
    pub(super) member_id: String,
    pub(super) at_most: usize,
    pub(super) lease: SystemTime,
}

#[async_trait]
impl Change for ClaimSends {
    type Made = Claimed<ReplyToSend>;

    const IS_BRIEF: bool = true;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Self::Made> {
        let mut claimed = Vec::new();
        for mut call in calls.first_to_send(&self.member_id, self.at_most).await? {
            call.claim(self.lease);
            calls.save(&call).await?;
            let said = answer(&calls.answer(&call).await?)?;
            let body = calls.body(&call).await?;
            claimed.push((call.to_send(Vec::new(), said), body));
        }
        Ok(claimed)
    }
}

pub(super) struct GiveAnswer {
    pub(super) token: EventToken,
    pub(super) answer: String,
    pub(super) now: SystemTime,
}

#[async_trait]
impl Change for GiveAnswer {
    /// `None` when there is no such call.
    type Made = Option<bool>;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Option<bool>> {
        let Some(mut call) = calls.find(&self.token).await? else {
            return Ok(None);
        };
        let is_first = call.give(self.now);
        if is_first {
            calls.set_answer(&call, &self.answer).await?;
            calls.save(&call).await?;
        }
        Ok(Some(is_first))
    }
}

pub(super) struct Finish {
    pub(super) claim: Claim,
    pub(super) next: Transition,
    /// As text, when it is what comes next.
    pub(super) answer: Option<String>,
    pub(super) now: SystemTime,
}

#[async_trait]
impl Change for Finish {
    type Made = Result<bool>;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Result<bool>> {
        let Some(mut call) = calls.claimed(&self.claim).await? else {
            return Ok(Ok(false));
        };
        if let Err(error) = call.finish(&self.next, self.now) {
            return Ok(Err(error));
        }
        if let Some(answer) = &self.answer {
            calls.set_answer(&call, answer).await?;
        }
        calls.save(&call).await?;
        Ok(Ok(true))
    }
}

/// Moves the end of leases, or ends them at once.
pub(super) struct Lease {
    pub(super) claims: Vec<Claim>,
    pub(super) until: Option<SystemTime>,
}

#[async_trait]
impl Change for Lease {
    type Made = ();

    const IS_BRIEF: bool = true;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        for claim in &self.claims {
            if let Some(mut call) = calls.claimed(claim).await? {
                match self.until {
                    Some(until) => call.due = Some(until),
                    None => call.release(),
                }
                calls.save(&call).await?;
            }
        }
        Ok(())
    }
}

pub(super) struct Revive(pub(super) EventToken);

#[async_trait]
impl Change for Revive {
    /// `None` when there is no such call.
    type Made = Option<bool>;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<Option<bool>> {
        let Some(mut call) = calls.find(&self.0).await? else {
            return Ok(None);
        };
        let was_dead = call.retry_dead();
        if was_dead {
            calls.save(&call).await?;
        }
        Ok(Some(was_dead))
    }
}

/// Wakes a step of those whose time has come; how many.
pub(super) struct Wake(pub(super) SystemTime);

#[async_trait]
impl Change for Wake {
    type Made = usize;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<usize> {
        let due = calls.due(self.0, STEP).await?;
        let woken = due.len();
        for mut call in due {
            call.wake(self.0);
            calls.save(&call).await?;
        }
        Ok(woken)
    }
}

pub(super) struct Forget {
    pub(super) settled_before: SystemTime,
    pub(super) at_most: usize,
}

#[async_trait]
impl Change for Forget {
    type Made = usize;

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<usize> {
        calls.forget(self.settled_before, self.at_most).await
    }
}

pub(super) struct SavePortal {
    pub(super) portal: Portal,
    pub(super) kept: Sealed,
}

#[async_trait]
impl Change for SavePortal {
    type Made = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        sqlx::query("INSERT OR REPLACE INTO portals (member_id, key_id, portal) VALUES (?, ?, ?)")
            .bind(&self.portal.member_id)
            .bind(self.kept.key_id)
            .bind(&self.kept.bytes)
            .execute(&mut *calls.connection)
            .await?;
        let portal = Box::new(self.portal.clone());
        calls.after.push(After::Know(portal));
        Ok(())
    }
}

pub(super) struct RemovePortal(pub(super) String);

#[async_trait]
impl Change for RemovePortal {
    type Made = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        sqlx::query("DELETE FROM portals WHERE member_id = ?")
            .bind(&self.0)
            .execute(&mut *calls.connection)
            .await?;
        calls.after.push(After::Forget(self.0.clone()));
        Ok(())
    }
}

/// Settles calls of a portal that is gone, as far as they are not settled.
pub(super) struct Uninstall {
    pub(super) tokens: Vec<EventToken>,
    pub(super) now: SystemTime,
}

#[async_trait]
impl Change for Uninstall {
    type Made = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        for token in &self.tokens {
            if let Some(mut call) = calls.find(token).await?
                && call.needs_body()
            {
                call.settle(Completion::Uninstalled, self.now);
                calls.save(&call).await?;
            }
        }
        Ok(())
    }
}

/// The answer of what comes next, as text.
pub(super) fn answer_of(next: &Transition) -> Option<&StoredReply> {
    match next {
        Transition::Reply(answer) => Some(answer),
        _ => None,
    }
}
