//! The events of records.

use crate::engine::crm::kinds;
use crate::engine::events::raise;
use crate::engine::events::raise::{Occurrence, Origin};
use crate::model::caller::Caller;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::event_catalogue;
use crate::rules::php::{Array, Value};

/// What a call did to a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
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

/// Who changes a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) caller: &'a Caller,
}

/// Raises the event of a change that the caller made.
pub(crate) fn raise(by: By<'_>, state: &mut State, entity_type_id: i64, number: u32, deed: Deed) {
    let of_kind = match entity_type_id {
        kinds::LEAD => "LEAD",
        kinds::DEAL => "DEAL",
        kinds::CONTACT => "CONTACT",
        kinds::COMPANY => "COMPANY",
        // Smart invoices raise the events of smart processes.
        _ => "DYNAMICITEM",
    };
    let Some(known) = event_catalogue::find(&format!("ONCRM{of_kind}{}", deed.name())) else {
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
    let origin = Origin::from_caller(by.caller);
    raise::raise(by.shared, state, &origin, &[occurrence]);
}
