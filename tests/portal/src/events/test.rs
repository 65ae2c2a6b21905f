use super::{Occurrence, Origin, application, catalogue, fire};
use crate::{
    php::{Array, Value},
    rest::{Context, RestResult},
};

/// `event.test`: tells the calling application, and nobody else, with whatever parameters it gave.
pub(super) fn test(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = application(context)?;
    let language = context.shared.settings.language.as_str();
    let data: Array = [
        ("QUERY", Value::Array(params)),
        ("LANGUAGE_ID", language.into()),
    ]
    .into_iter()
    .collect();
    let occurrence = Occurrence {
        known: &catalogue::TEST,
        data,
        only: Some(client_id),
    };
    let origin = Origin::of(context.caller);
    fire::raise(context.shared, context.state, &origin, &[occurrence]);
    Ok(Value::Int(1))
}
