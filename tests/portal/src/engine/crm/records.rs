//! Creating, changing and deleting records, as a caller of a method does.

use crate::engine::crm::events;
use crate::engine::crm::events::{By, Deed};
use crate::engine::crm::kinds::{document_id, record};
use crate::model::state::State;
use crate::rules::php::Value;

/// Adds a record with the next free number, and returns the number.
pub(crate) fn create(
    by: By<'_>,
    state: &mut State,
    entity_type_id: i64,
    fields: Vec<(String, Value)>,
) -> Option<u32> {
    let kind = record(entity_type_id, 0)?.kind().clone();
    let number = state.documents.highest(&kind).checked_add(1)?;
    let document = record(entity_type_id, number)?;
    let id = document.key().clone();
    state.documents.put(document);
    let now = by.shared.iso(by.shared.now());
    let user = i64::try_from(by.caller.user_id).unwrap_or(i64::MAX);
    let mut all: Vec<(String, Value)> = [
        ("ASSIGNED_BY_ID", Value::Int(user)),
        ("CREATED_BY_ID", user.into()),
        ("DATE_CREATE", now.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    all.extend(fields);
    by.shared.set_fields(state, &id, all);
    events::raise(by, state, entity_type_id, number, Deed::Add);
    Some(number)
}

/// Sets fields of a record, and when and by whom; `false` if there is none.
pub(crate) fn change(
    by: By<'_>,
    state: &mut State,
    entity_type_id: i64,
    number: u32,
    mut fields: Vec<(String, Value)>,
) -> bool {
    let Some(id) = document_id(entity_type_id, number) else {
        return false;
    };
    let now = by.shared.iso(by.shared.now());
    let user = i64::try_from(by.caller.user_id).unwrap_or(i64::MAX);
    fields.push(("DATE_MODIFY".to_owned(), now.into()));
    fields.push(("MODIFY_BY_ID".to_owned(), user.into()));
    let is_changed = by.shared.set_fields(state, &id, fields);
    if is_changed {
        events::raise(by, state, entity_type_id, number, Deed::Update);
    }
    is_changed
}

/// Deletes a record; `false` if there is none.
pub(crate) fn delete(by: By<'_>, state: &mut State, entity_type_id: i64, number: u32) -> bool {
    let id = document_id(entity_type_id, number);
    let is_deleted = id.is_some_and(|id| by.shared.delete_document(state, &id));
    if is_deleted {
        events::raise(by, state, entity_type_id, number, Deed::Delete);
    }
    is_deleted
}
