//! Where calls and portals are stored: [`Store`], and the stores that implement it.
//!
//! | Store | Feature | For |
//! |---|---|---|
//! | [`Memory`] | | tests and trying things out: it loses everything when the program ends |
//! | `Sqlite` | `sqlite` | one program; a file beside it |
//! | `Postgres` | `postgres` | any number of programs |
//!
//! One record is one call and its whole life. The event token is its key: the same call twice is
//! one record.
//!
//! ```text
//! accept ─▶ Accepted ─ claim_runs ─▶ the robot's code ─ save_reply ─▶ Replied ─ claim_replies ─▶ the portal
//!              ▲  │                    │          │                    ▲  │                        │
//!              └──┴── failed ──────────┘          └─▶ Deferred ────────┘  └── refused, cut ────────┤
//!                                                                                                  ▼
//!                                         Completed ◀─ redelivered, soon and later ─────────── Delivered
//! ```
//!
//! Whatever waits for a time, waits in the store: nothing of a call exists only in a program's
//! memory.
//!
//! What an application asks of its store, call by call:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use bizproc_runtime::rest::EventToken;
//! use bizproc_runtime::store::{
//!     AcceptOutcome, CallFilter, CallHead, CallStage, CallState, Completion, Memory, NewCall,
//!     RunQuota, Store, StoredReply, Transition,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> bizproc_runtime::Result<()> {
//! let store = Memory::new();
//! let now = SystemTime::now();
//! let lease = now + Duration::from_secs(60);
//! let token = EventToken::new("workflow|A1_2_3_4|event.signature");
//! let head = CallHead::new(token.clone(), "member".into(), "md5".into());
//! let call = NewCall::new(head, "a=b");
//! assert_eq!(store.accept(call.clone(), now).await?, AcceptOutcome::Accepted);
//! assert_eq!(store.accept(call, now).await?, AcceptOutcome::Duplicate);
//!
//! let quotas = [RunQuota { code: "md5", max: 8 }];
//! let run = store.claim_runs(&quotas, 8, lease).await?.remove(0);
//! assert_eq!(run.call.head.code, "md5");
//! assert_eq!(run.runs_started, 1);
//! assert!(store.save_reply(&token, StoredReply::default(), now).await?);
//! // The reply ended the claim to run: its holder has nothing left to do.
//! assert!(!store.finish(&run.claim, Transition::RetryRun(now), now).await?);
//!
//! let reply = store.claim_replies("member", 50, lease).await?.remove(0);
//! let delivered = Transition::Complete(Completion::Delivered);
//! assert!(store.finish(&reply.claim, delivered, now).await?);
//! let record = store.calls(&CallFilter::default()).await?.remove(0);
//! assert_eq!(record.state, CallState::Completed(Completion::Delivered));
//! assert_eq!(store.counts().await?.get(CallStage::Completed), 1);
//! # Ok(())
//! # }
//! ```

mod interface;
mod memory;
mod model;
mod notifier;
#[cfg(feature = "postgres")]
mod postgres;
mod rules;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use interface::Store;
pub use memory::Memory;
pub use model::{
    AcceptOutcome, CallCounts, CallFilter, CallHead, CallRecord, CallStage, CallState, CallToRun,
    Claim, Completion, NewCall, ReplyToSend, RunQuota, SendHistory, StoredReply, Transition,
};
pub use notifier::{Notifier, Subscription};
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresOptions};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use sql::cipher::EncryptionKey;
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, SqliteOptions};
