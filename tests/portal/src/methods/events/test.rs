//! `event.test`.

use crate::engine::events::raise;
use crate::engine::events::raise::{Occurrence, Origin};
use crate::methods::events::checks::application;
use crate::rules::event_catalogue;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::RestResult;
use crate::wire::rest::method::Context;

/// `event.test`: sends `ONAPPTEST` with the given parameters to the calling application only.
pub(crate) fn test(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = application(context)?;
    let language = context.shared.settings.language.as_str();
    let data: Array = [
        ("QUERY", Value::Array(params)),
        ("LANGUAGE_ID", language.into()),
    ]
    .into_iter()
    .collect();
    let occurrence = Occurrence {
        known: &event_catalogue::TEST,
        data,
        only: Some(client_id),
    };
    let origin = Origin::from_caller(context.caller);
    raise::raise(context.shared, context.state, &origin, &[occurrence]);
    Ok(Value::Int(1))
}
