//! Executing a method for a caller that is known.

use std::time::Duration;

use crate::model::caller::Caller;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::Array;
use crate::rules::rest_error::RestError;
use crate::wire::rest::envelope::Success;
use crate::wire::rest::method::{Context, Execute, LINK, Method, Table, Wire};

/// A call: a method and its parameters.
pub(crate) struct Call<'a> {
    pub(crate) table: Table,
    pub(crate) method: &'static Method,
    pub(crate) params: Array,
    pub(crate) start: i64,
    pub(crate) wire: Wire<'a>,
    /// The work it reports beyond the time that passes.
    pub(crate) slowness: Duration,
}

impl Call<'_> {
    /// Executes it, unless the method has already worked too long for this caller.
    pub(crate) fn execute(
        self,
        run: Execute,
        shared: &Shared,
        state: &mut State,
        caller: &Caller,
    ) -> Result<Success, RestError> {
        let method = self.method.name;
        let began = shared.now();
        is_no_link(&self.params)?;
        let limit = shared.settings.operating_limit();
        state.load.admit(limit, caller, method, began)?;
        let mut context = Context {
            shared,
            state,
            table: self.table,
            caller,
            wire: self.wire,
            start: self.start,
            page: None,
            in_step: None,
        };
        let result = run(&mut context, self.params);
        let page = context.page;
        let in_step = context.in_step;
        let passed = Duration::try_from(shared.now().duration_since(began)).unwrap_or_default();
        let worked = passed.saturating_add(self.slowness);
        state.load.count(caller, method, began, worked);
        Ok(Success {
            result: result?,
            page,
            in_step,
            operating: state.load.operating(caller, method, shared.now()),
            slowness: self.slowness,
        })
    }
}

/// Refuses a link to a file: this portal issues none, so no signature is its own.
pub(crate) fn is_no_link(params: &Array) -> Result<(), RestError> {
    match params.isset(LINK) {
        Some(_) => Err(RestError::access_denied("Access denied! Link check failed")),
        None => Ok(()),
    }
}
