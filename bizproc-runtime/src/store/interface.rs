//! What a store does.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::{EventToken, SharedRateLimit};
use crate::store::model::{
    AcceptOutcome, CallCounts, CallFilter, CallRecord, CallToRun, Claim, NewCall, ReplyToSend,
    RunQuota, StoredReply, Transition,
};
use crate::store::notifier::Notifier;

/// Stores calls and portals.
///
/// A change is stored when the method returns: a durable store returns after its commit. A method
/// that fails has changed nothing, or the change is harmless to repeat. Times are the caller's: a
/// store has no clock of its own, and may round them down to whole milliseconds.
///
/// A call is *claimed* to be run or sent: no one else gets it until the claim is [finished] or its
/// lease has ended. Implement the trait with [`async_trait`](https://docs.rs/async-trait), and
/// check that the conformance suite of this crate's repository passes.
///
/// [finished]: Store::finish
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The notifier of this store.
    fn notifier(&self) -> &Notifier;

    /// The rate limit that all programs share which use this store; `None` by default, for a store
    /// of one program.
    fn shared_rate_limit(&self) -> Option<Arc<dyn SharedRateLimit>> {
        None
    }

    /// Stores a call, unless its event token is known. A known call that was completed as
    /// [delivered](crate::store::Completion::Delivered) becomes
    /// [delivered](crate::store::CallStage::Delivered) again, with the body and the token that came
    /// now.
    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome>;

    /// The robots that have calls which can be run, in any order, whether this program has the
    /// robots or not.
    async fn runnable_robots(&self) -> Result<Vec<String>>;

    /// Claims calls to run until the lease ends: at most `total`, and at most each robot's quota.
    /// The earliest deadline comes first, then the first call that was accepted.
    async fn claim_runs(
        &self,
        quotas: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>>;

    /// The portals that replies can be sent to, by their member ids, in any order.
    async fn portals_with_replies(&self) -> Result<Vec<String>>;

    /// Claims replies to one portal until the lease ends, in the order of [`Store::claim_runs`];
    /// those that were delivered before come last.
    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>>;

    /// Stores the reply of a call that is [accepted](crate::store::CallStage::Accepted) or
    /// [deferred](crate::store::CallStage::Deferred); the first reply wins, even if the call is
    /// claimed. A step that does not wait for a reply is completed immediately. Returns whether it was
    /// this reply.
    ///
    /// A token that is not stored is an error of
    /// [`ErrorKind::UnknownCall`](crate::ErrorKind::UnknownCall).
    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool>;

    /// Ends a claim. Returns `false`, and changes nothing, when the claim was lost: it was released
    /// or finished, [`Store::release_due`] ended its lease, or a reply came.
    ///
    /// A claim to run cannot be finished as if it were one to send, nor the other way round: that
    /// is an error of [`ErrorKind::Store`](crate::ErrorKind::Store), and the claim stays.
    async fn finish(&self, claim: &Claim, transition: Transition, now: SystemTime) -> Result<bool>;

    /// Moves the end of leases; skips claims that were lost.
    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()>;

    /// Releases claims, so that others can claim the calls immediately.
    async fn release_claims(&self, claims: &[Claim]) -> Result<()>;

    /// Retries a dead letter: it is sent when it has a reply, else run. Its runs, failures and
    /// sends are counted anew. Returns whether the call was
    /// [dead](crate::store::CallStage::Dead).
    ///
    /// A token that is not stored is an error of
    /// [`ErrorKind::UnknownCall`](crate::ErrorKind::UnknownCall).
    async fn retry_dead(&self, token: &EventToken) -> Result<bool>;

    /// Releases everything that is due: a pause or a lease that ends makes its call claimable
    /// again, a deferred call whose step stopped waiting is completed as
    /// [expired](crate::store::Completion::Expired). Returns when the next call is due.
    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>>;

    /// Deletes up to `limit` calls completed before `before`, oldest first, and returns how many. A
    /// deleted call is no longer recognised as a duplicate.
    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize>;

    /// Returns one call.
    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>>;

    /// Returns calls in the order they came. The number of the last one, as [`CallFilter::after`],
    /// gives the next page.
    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>>;

    /// Counts the calls at each stage.
    async fn counts(&self) -> Result<CallCounts>;

    /// Stores a portal, and replaces what was known of it.
    async fn save_portal(&self, portal: Arc<Portal>) -> Result<()>;

    /// Replaces a portal if the stored one still has this access token: what an installation or
    /// another program has stored meanwhile is newer. Returns whether it was replaced.
    async fn replace_portal(&self, portal: Arc<Portal>, expired: &SecretString) -> Result<bool>;

    /// Returns the portal with this member id.
    async fn portal(&self, member_id: &str) -> Result<Option<Arc<Portal>>>;

    /// Returns all portals, in any order.
    async fn portals(&self) -> Result<Vec<Arc<Portal>>>;

    /// Deletes a portal and completes its calls as
    /// [uninstalled](crate::store::Completion::Uninstalled).
    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()>;
}
