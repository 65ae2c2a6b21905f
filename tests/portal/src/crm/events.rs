//! What records tell of themselves.

use super::kinds;
use crate::{
    events::{self, Occurrence, Origin},
    php::{Array, Value},
    rest::Context,
};

/// What a call did to a record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Add,
    Update,
    Delete,
}

impl Deed {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// Tells the handlers bound to it, as the caller's doing.
pub(super) fn raise(context: &mut Context<'_>, entity_type_id: i64, number: u32, deed: Deed) {
    let of_kind = match entity_type_id {
        kinds::LEAD => "LEAD",
        kinds::DEAL => "DEAL",
        kinds::CONTACT => "CONTACT",
        kinds::COMPANY => "COMPANY",
        // Smart invoices tell as smart processes do.
        _ => "DYNAMICITEM",
    };
    let Some(known) = events::find(&format!("ONCRM{of_kind}{}", deed.name())) else {
        return;
    };
    let mut fields = Array::new();
    fields.insert("ID", i64::from(number));
    if of_kind == "DYNAMICITEM" {
        fields.insert("ENTITY_TYPE_ID", entity_type_id);
    }
    let occurrence = Occurrence {
        known,
        data: [("FIELDS", Value::Array(fields))].into_iter().collect(),
        only: None,
    };
    let origin = Origin::of(context.caller);
    events::raise(context.shared, context.state, &origin, &[occurrence]);
}
