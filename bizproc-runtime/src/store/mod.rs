//! Where calls and portals are kept: [`Store`], and those who implement it.
//!
//! | Store | Feature | For |
//! |---|---|---|
//! | [`Memory`] | | tests and trying things out: it forgets when the program ends |
//! | `Sqlite` | `sqlite` | one program; a file beside it |
//! | `Postgres` | `postgres` | any number of programs |
//!
//! One record is one call and its whole life. The event token is its key: the same call twice is
//! one record.
//!
//! ```text
//! accept ─▶ Accepted ─ claim_runs ─▶ the robot's code ─ answer ─▶ Answered ─ claim_replies ─▶ the portal
//!              ▲  │                    │          │                  ▲  │                     │
//!              └──┴── failed ──────────┘          └─▶ Deferred ──────┘  └── refused, cut ─────┤
//!                                                                                             ▼
//!                                            Settled ◀─ said again, soon and later ─────── Taken
//! ```
//!
//! Whatever waits for a time, waits in the store: nothing of a call lives in a program's memory
//! alone.
//!
//! What an application asks of its store, call by call:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use bizproc_runtime::rest::EventToken;
//! use bizproc_runtime::store::{
//!     AcceptOutcome, StoredReply, CallFilter, Memory, NewCall, Transition, Completion, RunQuota, CallState, Store,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> bizproc_runtime::Result<()> {
//! let (store, now) = (Memory::new(), SystemTime::now());
//! let lease = now + Duration::from_secs(60);
//! let token = EventToken::new("workflow|A1_2_3_4|event.signature");
//! let call = NewCall::new(token.clone(), "member".into(), "md5".into(), b"a=b".to_vec());
//! assert_eq!(store.accept(call.clone(), now).await?, AcceptOutcome::Accepted);
//! assert_eq!(store.accept(call, now).await?, AcceptOutcome::Duplicate);
//!
//! let wanted = [RunQuota { code: "md5", max: 8 }];
//! let run = store.claim_runs(&wanted, 8, lease).await?.remove(0);
//! assert_eq!((run.call.code.as_str(), run.runs_started), ("md5", 1));
//! assert!(store.save_reply(&token, StoredReply::default(), now).await?);
//! // The answer took the claim to run: who had it has nothing left to do.
//! assert!(!store.finish(&run.claim, Transition::RetryRun(now), now).await?);
//!
//! let send = store.claim_replies("member", 50, lease).await?.remove(0);
//! assert!(store.finish(&send.claim, Transition::Complete(Completion::Delivered), now).await?);
//! let record = store.calls(&CallFilter::default()).await?.remove(0);
//! assert_eq!(record.state, CallState::Completed(Completion::Delivered));
//! assert_eq!(store.counts().await?.completed, 1);
//! # Ok(())
//! # }
//! ```

mod call;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod cipher;
mod claim;
mod entry;
mod memory;
mod notifier;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod row;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use secrecy::SecretString;

pub use call::{AcceptOutcome, CallRecord, CallStage, CallState, Completion, NewCall, StoredReply};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use cipher::EncryptionKey;
pub use claim::{CallToRun, Claim, ReplyToSend, RunQuota, SendHistory, Transition};
pub use memory::Memory;
pub use notifier::{Notifier, Subscription};
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresOptions};
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, SqliteOptions};

use crate::error::Result;
use crate::portal::Portal;
use crate::rest::{EventToken, SharedRateLimit};

/// Which calls [`Store::records`] gives: those that fit everything that is set.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CallFilter {
    /// At this stage.
    pub stage: Option<CallStage>,
    /// Of this portal.
    pub member_id: Option<String>,
    /// Of this robot.
    pub code: Option<String>,
    /// That came after the one with this number.
    pub after: Option<u64>,
    /// So many at most; `None` is no limit.
    pub limit: Option<usize>,
}

/// How many calls stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCounts {
    /// At [`CallStage::Accepted`].
    pub accepted: u64,
    /// At [`CallStage::Deferred`].
    pub deferred: u64,
    /// At [`CallStage::Replied`].
    pub replied: u64,
    /// At [`CallStage::Delivered`].
    pub delivered: u64,
    /// At [`CallStage::Completed`], as far as they are still kept.
    pub completed: u64,
    /// At [`CallStage::Dead`].
    pub dead: u64,
    /// When the oldest of those was accepted whose answer no portal has taken; dead ones do not
    /// count.
    pub oldest_open: Option<SystemTime>,
}

/// Keeps calls and portals.
///
/// What a method has returned from is kept: a durable store answers only after its commit. A
/// method that fails has changed nothing, or the change is harmless to repeat. Times are the
/// caller's: a store has no clock of its own, and may round them down to whole milliseconds.
///
/// A call is *claimed* to be run or sent: nobody else gets it until the claim is [finished] or its
/// lease has ended. Implement it with [`async_trait`](https://docs.rs/async-trait), and see that
/// the conformance suite of this crate's repository passes.
///
/// [finished]: Store::finish
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Where this store says that there is work.
    fn notifier(&self) -> &Notifier;

    /// How fast portals are called by all programs that share this store; `None`, unless it says
    /// otherwise, for a store of one program.
    fn shared_rate_limit(&self) -> Option<Arc<dyn SharedRateLimit>> {
        None
    }

    /// Keeps a call, unless its event token is known. A known call whose answer was settled as
    /// [sent](Completion::Delivered) becomes [taken](CallStage::Delivered) again, with the body that came now.
    async fn accept(&self, call: NewCall, now: SystemTime) -> Result<AcceptOutcome>;

    /// The robots that have calls which can be run, whether this program knows them or not; in
    /// any order.
    async fn runnable_robots(&self) -> Result<Vec<String>>;

    /// Claims calls to run until the lease ends: at most `total`, and of each robot at most what
    /// its slot says. Those whose deadline comes first come first; then the order counts in which
    /// they were accepted.
    async fn claim_runs(
        &self,
        slots: &[RunQuota<'_>],
        total: usize,
        lease: SystemTime,
    ) -> Result<Vec<CallToRun>>;

    /// The portals that answers can be sent to, by their member ids; in any order.
    async fn portals_with_replies(&self) -> Result<Vec<String>>;

    /// Claims answers to one portal until the lease ends, in the order of [`Store::claim_runs`];
    /// those that it has taken already come last.
    async fn claim_replies(
        &self,
        member_id: &str,
        limit: usize,
        lease: SystemTime,
    ) -> Result<Vec<ReplyToSend>>;

    /// Keeps the answer of a call that is [accepted](CallStage::Accepted) or
    /// [deferred](CallStage::Deferred); the first one wins, whoever has claimed the call. A step that
    /// does not wait is settled at once. Returns whether it was this answer.
    ///
    /// A token that is not kept is an error of [`ErrorKind::UnknownCall`](crate::ErrorKind::UnknownCall).
    async fn save_reply(
        &self,
        token: &EventToken,
        reply: StoredReply,
        now: SystemTime,
    ) -> Result<bool>;

    /// Ends a claim. Returns `false`, and changes nothing, when the claim was lost: it was
    /// released or finished, [`Store::wake`] ended its lease, or an answer came.
    ///
    /// A claim to run cannot be finished as if it were one to send, nor the other way round: that
    /// is an error of [`ErrorKind::Store`](crate::ErrorKind::Store), and the claim is kept.
    async fn finish(&self, claim: &Claim, transition: Transition, now: SystemTime) -> Result<bool>;

    /// Moves the end of leases; claims that were lost are passed over.
    async fn extend_leases(&self, claims: &[Claim], lease: SystemTime) -> Result<()>;

    /// Gives claims back, so that others can have the calls at once.
    async fn release_claims(&self, claims: &[Claim]) -> Result<()>;

    /// Takes a call back that was given up: to be sent when it has an answer, else to be run.
    /// Its starts, failures and attempts are counted anew. Returns whether it was
    /// [dead](CallStage::Dead).
    ///
    /// A token that is not kept is an error of [`ErrorKind::UnknownCall`](crate::ErrorKind::UnknownCall).
    async fn retry_dead(&self, token: &EventToken) -> Result<bool>;

    /// Looks at everything whose time has come: pauses and leases that end make calls claimable
    /// again, a deferred call whose step stopped waiting is settled as
    /// [too late](Completion::Expired). Returns when the next time comes.
    async fn release_due(&self, now: SystemTime) -> Result<Option<SystemTime>>;

    /// Forgets calls that were settled before this time, so many at most, those first that were
    /// settled first. Returns how many. What is forgotten is not known again when it comes again.
    async fn purge_completed(&self, before: SystemTime, limit: usize) -> Result<usize>;

    /// One call.
    async fn call(&self, token: &EventToken) -> Result<Option<CallRecord>>;

    /// Calls in the order they came. The number of the last one, as [`CallFilter::after`], gives the
    /// next page.
    async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>>;

    /// How many calls stand where.
    async fn counts(&self) -> Result<CallCounts>;

    /// Keeps a portal, replacing what was known of it.
    async fn save_portal(&self, portal: Portal) -> Result<()>;

    /// Keeps a portal in place of the one that is kept, if that has this access token still: what
    /// an installation or another program brought meanwhile is newer. Returns whether it was
    /// replaced.
    async fn replace_portal(&self, portal: Portal, expired: &SecretString) -> Result<bool>;

    /// The portal with this member id.
    async fn portal(&self, member_id: &str) -> Result<Option<Portal>>;

    /// All portals, in any order.
    async fn portals(&self) -> Result<Vec<Portal>>;

    /// Forgets a portal and settles its calls as [uninstalled](Completion::Uninstalled).
    async fn remove_portal(&self, member_id: &str, now: SystemTime) -> Result<()>;
}
