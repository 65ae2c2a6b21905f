//! The methods by which applications bind handlers.

mod bind;
mod checks;
mod list;
pub(crate) mod offline;
mod offline_filter;
mod test;

use crate::wire::rest::method::Method;

/// The methods by which applications bind handlers.
pub(crate) const METHODS: &[Method] = &[
    Method::common("event.bind", bind::bind),
    Method::common("event.get", |c, _| list::get(c)),
    Method::common("event.test", test::test),
    Method::common("event.unbind", bind::unbind),
    Method::common("events", list::events),
];
