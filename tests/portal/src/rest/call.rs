//! Executing one method for a caller that is known.

use std::{sync::Arc, time::Duration};

use super::{Caller, Context, Method, RestError, Success, batch};
use crate::{
    history::Body,
    php::Array,
    state::{Shared, State},
};

/// The request as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub(crate) body: &'a Body,
    /// Whether the caller will see what comes of it.
    pub(crate) is_answered: bool,
}

/// What is to be called with what.
pub(crate) struct Call<'a> {
    pub(crate) method: &'static Method,
    pub(crate) params: Array,
    pub(crate) start: i64,
    pub(crate) wire: Wire<'a>,
    /// What it works beyond the time that passes.
    pub(crate) slowness: Duration,
}

impl Call<'_> {
    /// Executes it, unless the method has worked too long for this caller already.
    pub(crate) fn execute(
        self,
        shared: &Arc<Shared>,
        state: &mut State,
        caller: &Caller,
    ) -> Result<Success, RestError> {
        let (method, began) = (self.method.name, shared.now());
        let limit = shared.settings.operating_limit();
        state.load.admit(limit, caller, method, began)?;
        let mut context = Context {
            shared,
            state,
            caller,
            wire: self.wire,
            start: self.start,
            page: None,
        };
        let result = (self.method.run)(&mut context, self.params);
        let page = context.page;
        let passed = Duration::try_from(shared.now().duration_since(began)).unwrap_or_default();
        // A batch is counted by what is in it.
        if method != batch::NAME {
            let worked = passed.saturating_add(self.slowness);
            state.load.count(caller, method, began, worked);
        }
        Ok(Success {
            result: result?,
            page,
            operating: state.load.operating(caller, method, shared.now()),
            slowness: self.slowness,
        })
    }
}
