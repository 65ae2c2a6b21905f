//! The older methods, one family for each kind of record, whose values are texts.

use crate::engine::crm::{kinds, records};
use crate::methods::crm::query;
use crate::methods::crm::query::by;
use crate::model::document::Document;
use crate::rules::php::{Array, Key, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::list;
use crate::wire::rest::method::Context;

/// `crm.deal.get` and the `get` of other kinds.
pub(crate) fn get(context: &mut Context<'_>, params: &Array, kind: i64) -> RestResult {
    let id = kinds::document_id(kind, read_number(params)?).ok_or_else(not_defined)?;
    let document = context.state.documents.get(&id).ok_or_else(not_found)?;
    Ok(shown(document, |_| true))
}

pub(crate) fn add_deal(context: &mut Context<'_>, params: &Array) -> RestResult {
    let mut fields = read_fields(params)?;
    if !fields.iter().any(|(name, _)| name == "STAGE_ID") {
        fields.push(("STAGE_ID".to_owned(), "NEW".into()));
    }
    let number =
        records::create(by(context), context.state, kinds::DEAL, fields).ok_or_else(not_found)?;
    Ok(i64::from(number).into())
}

pub(crate) fn update_deal(context: &mut Context<'_>, params: &Array) -> RestResult {
    let number = read_number(params)?;
    let fields = read_fields(params)?;
    if records::change(by(context), context.state, kinds::DEAL, number, fields) {
        Ok(true.into())
    } else {
        Err(not_found())
    }
}

pub(crate) fn delete_deal(context: &mut Context<'_>, params: &Array) -> RestResult {
    if records::delete(
        by(context),
        context.state,
        kinds::DEAL,
        read_number(params)?,
    ) {
        Ok(true.into())
    } else {
        Err(not_found())
    }
}

/// `crm.deal.list`: without `select` every field but the custom ones, which `UF_*` asks for.
pub(crate) fn list_deals(context: &mut Context<'_>, params: &Array) -> Value {
    let found = query::run(
        kinds::records(context.state, kinds::DEAL),
        params,
        str::to_uppercase,
    );
    let start = context.start;
    let selected: Vec<String> = param(params, "select")
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::values)
        .map(|name| name.to_text().to_uppercase())
        .collect();
    let has = |wanted: &str| selected.iter().any(|name| name == wanted);
    let is_selected = |name: &str| {
        let is_custom = name.starts_with("UF_");
        name == "ID"
            || has(name)
            || (is_custom && has("UF_*"))
            || (!is_custom && (selected.is_empty() || has("*")))
    };
    list::page(context, start, found)
        .iter()
        .filter_map(|id| context.state.documents.get(id))
        .map(|deal| shown(deal, is_selected))
        .collect::<Array>()
        .into()
}

/// A record as these methods show it: every value but a list is text.
fn shown(document: &Document, is_selected: impl Fn(&str) -> bool) -> Value {
    let as_text = |value: &Value| match value {
        kept @ (Value::Null | Value::Array(_)) => kept.clone(),
        Value::Bool(flag) => if *flag { "Y" } else { "N" }.into(),
        scalar => scalar.to_text().into(),
    };
    kinds::shown(document)
        .filter(|(name, _)| is_selected(name))
        .map(|(name, value)| (Key::from(name.as_str()), as_text(value)))
        .collect::<Array>()
        .into()
}

fn param<'a>(params: &'a Array, name: &str) -> Option<&'a Value> {
    params
        .get(name)
        .or_else(|| params.get(&name.to_uppercase()))
}

fn read_number(params: &Array) -> Result<u32, RestError> {
    param(params, "id")
        .and_then(|value| u32::try_from(value.to_int()).ok())
        .filter(|number| *number > 0)
        .ok_or_else(not_defined)
}

fn not_defined() -> RestError {
    RestError::new(400, "", "ID is not defined or invalid.")
}

fn read_fields(params: &Array) -> Result<Vec<(String, Value)>, RestError> {
    let fields = param(params, "fields")
        .and_then(Value::as_array)
        .ok_or_else(|| RestError::new(400, "", "Parameter 'fields' must be array."))?;
    let named = fields
        .iter()
        .map(|(name, value)| (name.to_text().to_uppercase(), value.clone()));
    Ok(named.filter(|(name, _)| name != "ID").collect())
}

fn not_found() -> RestError {
    RestError::new(400, "", "Not found")
}
