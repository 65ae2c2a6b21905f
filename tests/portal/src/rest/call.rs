//! Executing one method for a caller that is known.

use super::{Caller, Context, Method, RestError, Success};
use crate::{
    history::Body,
    php::Array,
    state::{Shared, State},
};

/// What is to be called with what.
pub(crate) struct Call<'a> {
    pub(crate) method: &'static Method,
    pub(crate) params: Array,
    pub(crate) start: i64,
    pub(crate) body: &'a Body,
}

impl Call<'_> {
    pub(crate) fn execute(
        self,
        shared: &Shared,
        state: &mut State,
        caller: &Caller,
    ) -> Result<Success, RestError> {
        let mut context = Context {
            shared,
            state,
            caller,
            body: self.body,
            start: self.start,
            page: None,
        };
        let result = (self.method.run)(&mut context, self.params)?;
        Ok(Success {
            result,
            page: context.page,
        })
    }
}
