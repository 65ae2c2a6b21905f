//! `crm.item.*`.

use crate::engine::crm::{kinds, records};
use crate::methods::crm::query::by;
use crate::methods::crm::{names, query};
use crate::model::document::{Document, DocumentId};
use crate::rules::php::{Array, Key, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::list;
use crate::wire::rest::method::Context;

pub(crate) fn add(context: &mut Context<'_>, params: &Array) -> RestResult {
    let kind = read_kind(params)?;
    let fields = read_fields(params, kind)?;
    let number = records::create(by(context), context.state, kind, fields).ok_or_else(no_kind)?;
    one(context, &record_id(kind, number)?, kind, params)
}

pub(crate) fn get(context: &mut Context<'_>, params: &Array) -> RestResult {
    let kind = read_kind(params)?;
    one(
        context,
        &record_id(kind, read_number(params)?)?,
        kind,
        params,
    )
}

pub(crate) fn update(context: &mut Context<'_>, params: &Array) -> RestResult {
    let kind = read_kind(params)?;
    let number = read_number(params)?;
    let fields = read_fields(params, kind)?;
    if !records::change(by(context), context.state, kind, number, fields) {
        return Err(not_found());
    }
    one(context, &record_id(kind, number)?, kind, params)
}

pub(crate) fn delete(context: &mut Context<'_>, params: &Array) -> RestResult {
    if records::delete(
        by(context),
        context.state,
        read_kind(params)?,
        read_number(params)?,
    ) {
        Ok(Array::new().into())
    } else {
        Err(not_found())
    }
}

pub(crate) fn list(context: &mut Context<'_>, params: &Array) -> RestResult {
    let kind = read_kind(params)?;
    let upper = |name: &str| names::upper(name, kind);
    let found = query::run(kinds::records(context.state, kind), params, upper);
    let start = context.start;
    let selected: Vec<String> = params
        .get("select")
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::values)
        .map(|name| upper(&name.to_text()))
        .collect();
    let everything = selected.is_empty() || selected.iter().any(|name| name == "*");
    let is_selected =
        |name: &str| everything || name == "ID" || selected.iter().any(|one| one == name);
    let items: Array = list::page(context, start, found)
        .iter()
        .filter_map(|id| context.state.documents.get(id))
        .map(|document| item(document, kind, params, is_selected))
        .collect();
    Ok(wrapped("items", items.into()))
}

fn one(context: &Context<'_>, id: &DocumentId, kind: i64, params: &Array) -> RestResult {
    let document = context.state.documents.get(id).ok_or_else(not_found)?;
    Ok(wrapped("item", item(document, kind, params, |_| true)))
}

fn wrapped(name: &str, value: Value) -> Value {
    [(name, value)].into_iter().collect::<Array>().into()
}

/// A record under the names of these methods; custom fields keep theirs if `useOriginalUfNames` is
/// `Y`.
fn item(
    document: &Document,
    kind: i64,
    params: &Array,
    is_selected: impl Fn(&str) -> bool,
) -> Value {
    let keeps = params
        .get("useOriginalUfNames")
        .and_then(Value::as_text)
        .is_some_and(|flag| flag == "Y");
    let mut item: Array = kinds::shown(document)
        .filter(|(name, _)| is_selected(name))
        .map(|(name, value)| {
            if keeps && name.starts_with("UF_") {
                (name, value.clone())
            } else {
                (names::camel(&name, kind), value.clone())
            }
        })
        .map(|(name, value)| (Key::from(name.as_str()), value))
        .collect();
    item.insert("entityTypeId", kind);
    item.into()
}

fn read_kind(params: &Array) -> Result<i64, RestError> {
    let kind = required(params, "entityTypeId")?.to_int();
    kinds::record(kind, 0).map(|_| kind).ok_or_else(no_kind)
}

fn read_number(params: &Array) -> Result<u32, RestError> {
    u32::try_from(required(params, "id")?.to_int()).map_err(|_| not_found())
}

fn record_id(kind: i64, number: u32) -> Result<DocumentId, RestError> {
    kinds::document_id(kind, number).ok_or_else(no_kind)
}

/// The fields of a request under their stored names; a record's number is not to be set.
fn read_fields(params: &Array, kind: i64) -> Result<Vec<(String, Value)>, RestError> {
    let fields = required(params, "fields")?.as_array().cloned();
    Ok(fields
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (names::upper(&name.to_text(), kind), value))
        .filter(|(name, _)| name != "ID")
        .collect())
}

fn required<'a>(params: &'a Array, name: &str) -> Result<&'a Value, RestError> {
    params.get(name).ok_or_else(|| {
        let text = format!("Could not find value for parameter {{{name}}}");
        RestError::new(400, "100", text)
    })
}

fn no_kind() -> RestError {
    RestError::new(400, "NOT_FOUND", "SPA not found")
}

fn not_found() -> RestError {
    RestError::new(400, "NOT_FOUND", "Item not found")
}
