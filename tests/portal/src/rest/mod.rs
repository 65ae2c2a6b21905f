//! The REST core: reading a request, finding its method, finding who calls, writing the answer.

mod auth;
pub(crate) mod batch;
mod block;
mod call;
mod envelope;
mod format;
mod limits;
pub(crate) mod list;
mod methods;
mod note;
mod reference;
mod request;
mod status;

pub(crate) use auth::{Caller, Grant, Grants, RefreshGrant};
pub use block::Block;
pub(crate) use block::Blocks;
pub(crate) use call::{Call, Wire};
pub(crate) use envelope::{Page, RestError, Success, failure, success};
pub(crate) use format::Format;
pub(crate) use limits::{Buckets, Load};
pub(crate) use methods::{Context, Execute, Method, Needs, Run, find, methods};
pub(crate) use note::Note;
pub(crate) use request::{Request, take_paging};

/// What a method gives.
pub(crate) type RestResult = Result<crate::php::Value, RestError>;
