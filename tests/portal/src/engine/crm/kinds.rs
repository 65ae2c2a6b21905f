//! The kinds of records, by their numbers.

use crate::model::document::{Document, DocumentId};
use crate::model::state::State;
use crate::rules::php::Value;

pub(crate) const LEAD: i64 = 1;

pub(crate) const DEAL: i64 = 2;

pub(crate) const CONTACT: i64 = 3;

pub(crate) const COMPANY: i64 = 4;

const SMART_INVOICE: i64 = 31;

/// The first number of a smart process.
const FIRST_DYNAMIC: i64 = 128;

/// A new record of a kind by its `entityTypeId`; `None` if there is no such kind.
pub(crate) fn record(entity_type_id: i64, number: u32) -> Option<Document> {
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
pub(crate) fn document_id(entity_type_id: i64, number: u32) -> Option<DocumentId> {
    record(entity_type_id, number).map(|record| record.key().clone())
}

/// The records of a kind, in the order in which they came.
pub(crate) fn records(state: &State, entity_type_id: i64) -> impl Iterator<Item = &Document> {
    let kind = record(entity_type_id, 0).map(|record| record.kind().clone());
    let all = state.documents.iter();
    all.filter(move |document| Some(document.kind()) == kind.as_ref())
}

/// Returns the fields that methods show: all but `NAME` of a record with a title, which only
/// workflows know.
pub(crate) fn shown(document: &Document) -> impl Iterator<Item = (String, &Value)> {
    let has_title = document.get("TITLE").is_some();
    document
        .all()
        .filter(move |(name, _)| name != "NAME" || !has_title || document.is_set("NAME"))
}
