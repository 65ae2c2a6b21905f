//! What a store gives and takes.

mod call;
mod claim;
mod head;
mod query;

pub use call::{AcceptOutcome, CallRecord, CallStage, CallState, Completion, NewCall, StoredReply};
pub use claim::{CallToRun, Claim, ReplyToSend, RunQuota, SendHistory, Transition};
pub use head::CallHead;
pub use query::{CallCounts, CallFilter};
