//! The kinds of records, by their numbers.

use super::events::{self, Deed};
use crate::{
    document::{Document, DocumentId},
    php::Value,
    rest::Context,
};

pub(super) const LEAD: i64 = 1;
pub(super) const DEAL: i64 = 2;
pub(super) const CONTACT: i64 = 3;
pub(super) const COMPANY: i64 = 4;
const SMART_INVOICE: i64 = 31;
/// The first number of a smart process.
const FIRST_DYNAMIC: i64 = 128;

/// A new record of a kind by its `entityTypeId`; `None` if there is no such kind.
pub(super) fn record(entity_type_id: i64, number: u32) -> Option<Document> {
    Some(match entity_type_id {
        LEAD => Document::lead(number),
        DEAL => Document::deal(number),
        CONTACT => Document::contact(number),
        COMPANY => Document::company(number),
        SMART_INVOICE => Document::smart_invoice(number),
        FIRST_DYNAMIC.. => Document::dynamic(u32::try_from(entity_type_id).ok()?, number),
        _ => return None,
    })
}

/// The id of a record; `None` if there is no such kind.
pub(super) fn document_id(entity_type_id: i64, number: u32) -> Option<DocumentId> {
    record(entity_type_id, number).map(|record| record.key().clone())
}

/// The records of a kind, in the order in which they came.
pub(super) fn records<'a>(
    context: &'a Context<'_>,
    entity_type_id: i64,
) -> impl Iterator<Item = &'a Document> {
    let kind = record(entity_type_id, 0).map(|record| record.kind().clone());
    let all = context.state.documents.iter();
    all.filter(move |document| Some(document.kind()) == kind.as_ref())
}

/// Puts a new record with the next free number in; the number.
pub(super) fn create(
    context: &mut Context<'_>,
    entity_type_id: i64,
    fields: Vec<(String, Value)>,
) -> Option<u32> {
    let kind = record(entity_type_id, 0)?.kind().clone();
    let number = context.state.documents.highest(&kind).checked_add(1)?;
    let document = record(entity_type_id, number)?;
    let id = document.key().clone();
    context.state.documents.put(document);
    let now = context.shared.iso(context.shared.now());
    let user = i64::try_from(context.caller.user_id).unwrap_or(i64::MAX);
    let mut all: Vec<(String, Value)> = [
        ("ASSIGNED_BY_ID", Value::Int(user)),
        ("CREATED_BY_ID", user.into()),
        ("DATE_CREATE", now.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    all.extend(fields);
    context.shared.set_fields(context.state, &id, all);
    events::raise(context, entity_type_id, number, Deed::Add);
    Some(number)
}

/// Sets fields of a record, and that they were; `false` if there is none.
pub(super) fn change(
    context: &mut Context<'_>,
    entity_type_id: i64,
    number: u32,
    mut fields: Vec<(String, Value)>,
) -> bool {
    let Some(id) = document_id(entity_type_id, number) else {
        return false;
    };
    let now = context.shared.iso(context.shared.now());
    let user = i64::try_from(context.caller.user_id).unwrap_or(i64::MAX);
    fields.push(("DATE_MODIFY".to_owned(), now.into()));
    fields.push(("MODIFY_BY_ID".to_owned(), user.into()));
    let is_changed = context.shared.set_fields(context.state, &id, fields);
    if is_changed {
        events::raise(context, entity_type_id, number, Deed::Update);
    }
    is_changed
}

/// Deletes a record; `false` if there is none.
pub(super) fn delete(context: &mut Context<'_>, entity_type_id: i64, number: u32) -> bool {
    let id = document_id(entity_type_id, number);
    let is_deleted = id.is_some_and(|id| context.shared.delete_document(context.state, &id));
    if is_deleted {
        events::raise(context, entity_type_id, number, Deed::Delete);
    }
    is_deleted
}

/// The fields that methods show: all but the name that only workflows know a titled record by.
pub(super) fn shown(document: &Document) -> impl Iterator<Item = (String, &Value)> {
    let has_title = document.get("TITLE").is_some();
    document
        .all()
        .filter(move |(name, _)| name != "NAME" || !has_title || document.is_set("NAME"))
}
