//! The REST core: reading a request, finding who calls, calling a method, writing the response.

pub(crate) mod auth;
pub(crate) mod call;
pub(crate) mod call_record;
pub(crate) mod envelope;
pub(crate) mod format;
pub(crate) mod list;
pub(crate) mod method;
pub(crate) mod reference;
pub(crate) mod request;
