//! The methods of events that wait on the portal.

use crate::methods::events::checks::{
    application, empty_argument, has_feature, wrong_argument, wrong_license,
};
use crate::methods::events::offline_filter;
use crate::methods::events::offline_filter::Field;
use crate::model::offline_queue::Record;
use crate::model::shared::Shared;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::list;
use crate::wire::rest::method::{Context, Method};

/// How many records `event.offline.get` returns by default.
const DEFAULT_LIMIT: i64 = 50;

/// The methods of the queue.
pub(crate) const METHODS: &[Method] = &[
    Method::common("event.offline.clear", clear),
    Method::common("event.offline.error", error),
    Method::common("event.offline.get", get),
    Method::common("event.offline.list", show),
    Method::common("feature.get", |c, p| feature(c, p)),
];

/// The owner of a part of the queue: an application, and the source that it names.
struct Owner {
    client_id: String,
    connector: String,
}

impl Owner {
    fn from_context(context: &mut Context<'_>) -> Result<Self, RestError> {
        let client_id = application(context)?;
        context.caller.admin()?;
        context.state.events.queue.expire(context.shared.now());
        Ok(Self {
            client_id,
            connector: context.caller.connector.clone(),
        })
    }

    fn owns(&self, record: &Record) -> bool {
        record.client_id == self.client_id && record.connector == self.connector
    }
}

/// `event.offline.get`: removes records from the queue, or reserves them for a process.
fn get(context: &mut Context<'_>, params: Array) -> RestResult {
    let owner = Owner::from_context(context)?;
    let params = fold_top(params);
    let clears = params
        .isset("CLEAR")
        .is_none_or(|value| value.to_int() != 0);
    let process_id = named_process(&params);
    if !clears && !has_feature(context, "rest_offline_extended") {
        return Err(wrong_license("extended offline events handling"));
    }
    let limit = read_limit(&params)?;
    let settings = &context.shared.settings;
    let conditions =
        offline_filter::filter(params.isset("FILTER"), Field::OF_GET, false, settings)?;
    let errors = params
        .isset("ERROR")
        .is_some_and(|value| value.to_int() == 1);
    let queue = &mut context.state.events.queue;
    let wanted = process_id.clone().unwrap_or_default();
    let mut found: Vec<Record> = queue
        .records
        .iter()
        .filter(|record| {
            owner.owns(record)
                && record.is_error == errors
                && record.process_id == wanted
                && conditions.iter().all(|condition| condition.holds(record))
        })
        .cloned()
        .collect();
    offline_filter::sort(
        &mut found,
        params.isset("ORDER"),
        Field::OF_GET,
        Field::TimestampX,
    )?;
    found.truncate(limit);
    let ids: Vec<i64> = found.iter().map(|record| record.id).collect();
    // The process is named if the caller named it, or if a new process has to clear its records
    // later.
    let named = process_id.is_some() || !clears;
    let process_id = process_id.unwrap_or_else(|| queue.reserve(&ids));
    if clears && !found.is_empty() {
        queue
            .records
            .retain(|record| !(owner.owns(record) && record.process_id == process_id));
    }
    let events = found.iter().map(|record| row(context.shared, record));
    let mut result = Array::new();
    result.insert(
        "process_id",
        Some(process_id)
            .filter(|_| named)
            .map_or(Value::Null, Value::Text),
    );
    result.insert("events", Value::Array(events.map(Value::Array).collect()));
    Ok(result.into())
}

fn read_limit(params: &Array) -> Result<usize, RestError> {
    let limit = params.isset("LIMIT").map(Value::to_int);
    let limit = usize::try_from(limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or_default();
    if limit == 0 {
        return Err(wrong_argument("LIMIT", "Value must be positive integer"));
    }
    Ok(limit)
}

/// `event.offline.list`: shows the queue as it is.
fn show(context: &mut Context<'_>, params: Array) -> RestResult {
    let owner = Owner::from_context(context)?;
    let params = fold_top(params);
    let settings = &context.shared.settings;
    let conditions =
        offline_filter::filter(params.isset("FILTER"), Field::OF_LIST, true, settings)?;
    let records = &context.state.events.queue.records;
    let mut found: Vec<Record> = records
        .iter()
        .filter(|record| {
            owner.owns(record) && conditions.iter().all(|condition| condition.holds(record))
        })
        .cloned()
        .collect();
    offline_filter::sort(&mut found, params.isset("ORDER"), Field::OF_LIST, Field::Id)?;
    let page = list::page(context, context.start, found).into_iter();
    let rows = page.map(|record| {
        let mut row = row(context.shared, &record);
        row.insert("PROCESS_ID", record.process_id.as_str());
        row.insert("ERROR", i64::from(record.is_error).to_string());
        Value::Array(row)
    });
    Ok(Value::Array(rows.collect()))
}

fn row(shared: &Shared, record: &Record) -> Array {
    let additional: Array = [("user_id", record.user_id.to_string())]
        .into_iter()
        .collect();
    [
        ("ID", Value::from(record.id.to_string())),
        ("TIMESTAMP_X", shared.iso(record.at).into()),
        ("EVENT_NAME", record.event.into()),
        ("EVENT_DATA", record.data.clone().into()),
        ("EVENT_ADDITIONAL", additional.into()),
        ("MESSAGE_ID", record.message_id.as_str().into()),
    ]
    .into_iter()
    .collect()
}

fn named_process(params: &Array) -> Option<String> {
    let id = params.isset("PROCESS_ID")?;
    Some(id.to_text().trim().to_owned())
}

/// `event.offline.clear`: removes what a process has done, all of it or some.
fn clear(context: &mut Context<'_>, params: Array) -> RestResult {
    let owner = Owner::from_context(context)?;
    let params = fold_top(params);
    let process_id = named_process(&params).ok_or_else(|| empty_argument("PROCESS_ID"))?;
    let message_ids = params.isset("MESSAGE_ID").map(message_ids).transpose()?;
    // Messages that are named go before records that are.
    let ids = params
        .isset("ID")
        .filter(|_| message_ids.is_none())
        .map(record_ids)
        .transpose()?;
    let queue = &mut context.state.events.queue;
    queue.records.retain(|record| {
        let is_meant = owner.owns(record)
            && record.process_id == process_id
            && message_ids
                .as_ref()
                .is_none_or(|named| named.contains(&record.message_id))
            && ids.as_ref().is_none_or(|named| named.contains(&record.id));
        !is_meant
    });
    Ok(Value::Bool(true))
}

fn message_ids(value: &Value) -> Result<Vec<String>, RestError> {
    let refuse = || wrong_argument("message_id", "Value must be array of MESSAGE_ID values");
    let list = value.as_array().ok_or_else(refuse)?;
    list.values()
        .map(|id| {
            let id = id.to_text().trim().to_owned();
            (id.chars().count() == 32).then_some(id).ok_or_else(refuse)
        })
        .collect()
}

fn record_ids(value: &Value) -> Result<Vec<i64>, RestError> {
    let refuse = || wrong_argument("id", "Value must be array of integers");
    let list = value.as_array().ok_or_else(refuse)?;
    list.values()
        .map(|id| Some(id.to_int()).filter(|id| *id > 0).ok_or_else(refuse))
        .collect()
}

/// `event.offline.error`: returns records that a process failed at to the queue as errors, which
/// `event.offline.get` returns on request.
fn error(context: &mut Context<'_>, params: Array) -> RestResult {
    let owner = Owner::from_context(context)?;
    let params = fold_top(params);
    let process_id = named_process(&params).ok_or_else(|| empty_argument("PROCESS_ID"))?;
    let messages = params
        .get("MESSAGE_ID")
        .and_then(Value::as_array)
        .ok_or_else(|| wrong_argument("message_id", "Value must be array of MESSAGE_ID values"))?;
    let messages: Vec<String> = messages.values().map(Value::to_text).collect();
    let records = &mut context.state.events.queue.records;
    let is_meant = |record: &Record| {
        owner.owns(record) && !record.is_error && messages.contains(&record.message_id)
    };
    // Other records of the same thing are removed: the error replaces them.
    records.retain(|record| !is_meant(record) || record.process_id == process_id);
    for record in records.iter_mut().filter(|record| is_meant(record)) {
        record.is_error = true;
        record.process_id.clear();
    }
    Ok(Value::Bool(true))
}

/// `feature.get`: whether the plan includes something.
fn feature(context: &Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let code = params
        .get("CODE")
        .filter(|code| code.is_truthy())
        .ok_or_else(|| RestError::new(400, "CODE_EMPTY", "CODE can't be empty"))?;
    let value = if has_feature(context, &code.to_text()) {
        "Y"
    } else {
        "N"
    };
    let result: Array = [("value", value)].into_iter().collect();
    Ok(result.into())
}
