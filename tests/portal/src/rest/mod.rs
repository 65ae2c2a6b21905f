//! The REST core: reading a request, finding its method, finding who calls, writing the answer.

mod auth;
mod call;
mod envelope;
mod methods;
mod request;

pub(crate) use auth::{Caller, Grant, Grants, authorisation_server_app_info};
pub(crate) use call::Call;
pub(crate) use envelope::{Page, RestError, Success, failure, success};
pub(crate) use methods::{Context, Method, Needs, find, methods};
pub(crate) use request::Request;

/// What a method gives.
pub(crate) type RestResult = Result<crate::php::Value, RestError>;
