//! The REST core: reading a request, finding its method, finding who calls, writing the answer.

mod auth;
mod envelope;
mod methods;
mod request;

pub(crate) use auth::{Caller, Grant, Grants, authorisation_server_app_info};
pub(crate) use envelope::{RestError, failure, success};
pub(crate) use methods::{Context, Method, REPLY, find};
pub(crate) use request::Request;

/// What a method gives.
pub(crate) type RestResult = Result<crate::php::Value, RestError>;
