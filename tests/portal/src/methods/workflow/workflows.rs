//! `bizproc.workflow.start`, `.terminate`, `.kill`, `.instances`.

use crate::engine::workflow::in_step_dispatch::InStepDispatch;
use crate::engine::workflow::lifecycle;
use crate::engine::workflow::start::Begin;
use crate::methods::workflow::rows::Fields;
use crate::model::document::{Document, DocumentId};
use crate::model::history::Ending;
use crate::model::state::State;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::instance::Instance;
use crate::rules::error::Error;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::rules::settings::Settings;
use crate::wire::rest::method::Context;

const WRONG_ID: &str = "ERROR_WRONG_WORKFLOW_ID";

const INSTANCES: Fields = Fields {
    all: &[
        "ID",
        "MODIFIED",
        "OWNED_UNTIL",
        "MODULE_ID",
        "ENTITY",
        "DOCUMENT_ID",
        "STARTED",
        "STARTED_BY",
        "TEMPLATE_ID",
    ],
    dates: &["MODIFIED", "OWNED_UNTIL", "STARTED"],
    select: &["ID", "MODIFIED", "OWNED_UNTIL"],
    order: ("MODIFIED", true),
};

/// Starts a workflow. Only an administrator may, because documents have no access rights here.
pub(crate) fn start(context: &mut Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let (template_id, document) = fitting(context.state, &params)?;
    context.caller.admin()?;
    let begin = Begin {
        template_id,
        document,
        parameters: params
            .get("PARAMETERS")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default(),
        user_id: context.caller.user_id,
    };
    let refuse = |error: Error| RestError::new(400, "", error.to_string());
    let (id, result) = begin.begin(context.shared, context.state).map_err(refuse)?;
    result.map_err(|exception| failed(exception, &context.shared.settings))?;
    context.in_step = InStepDispatch::find(context.state, &id, failed);
    Ok(id.into())
}

/// The error of a step that failed inside the start.
fn failed(exception: Exception, _: &Settings) -> RestError {
    RestError::new(400, "", exception.into_message())
}

/// Returns the template and the document of a start, which must be of the same kind.
fn fitting(state: &State, params: &Array) -> Result<(u64, Document), RestError> {
    let template_id = params
        .get("TEMPLATE_ID")
        .filter(|id| id.is_truthy())
        .ok_or_else(|| RestError::new(400, WRONG_ID, "Empty TEMPLATE_ID"))?;
    let template_id = u64::try_from(template_id.to_int()).unwrap_or_default();
    let template = state
        .templates
        .get(template_id)
        .ok_or_else(|| RestError::new(400, WRONG_ID, "Template not found"))?;
    let id = triple(params.get("DOCUMENT_ID"))
        .ok_or_else(|| RestError::new(400, "", "Wrong DOCUMENT_ID!"))?;
    let document = state
        .documents
        .get(&id)
        .ok_or_else(|| RestError::new(400, "", "Incorrect document type!"))?;
    if *document.kind() != template.document_type {
        let text = "Template type and DOCUMENT_ID mismatch!";
        return Err(RestError::new(400, "", text));
    }
    Ok((template_id, document.clone()))
}

/// Three texts that are not empty.
pub(crate) fn triple(value: Option<&Value>) -> Option<DocumentId> {
    let parts: Vec<String> = value?
        .as_array()?
        .values()
        .map(Value::to_text)
        .filter(|part| !part.is_empty())
        .collect();
    parts.try_into().ok()
}

/// Ends a workflow; its data stays.
pub(crate) fn terminate(context: &mut Context<'_>, params: Array) -> RestResult {
    context.caller.admin()?;
    let params = fold_top(params);
    let id = required_id(&params)?.as_text().ok_or_else(|| {
        let text = "Invalid workflow instance ID (string expected)";
        RestError::new(400, WRONG_ID, text)
    })?;
    if !lifecycle::stop(context.shared, context.state, id, Ending::Terminated) {
        return Err(not_found());
    }
    let status = params.get("STATUS").map(Value::to_text);
    if let Some(instance) = context.state.workflows.get_mut(id) {
        instance.status = status.unwrap_or_default();
    }
    Ok(Value::Bool(true))
}

/// Ends a workflow and deletes its data.
pub(crate) fn kill(context: &mut Context<'_>, params: Array) -> RestResult {
    context.caller.admin()?;
    let params = fold_top(params);
    let id = required_id(&params)?.to_text();
    let known = context.state.workflows.get(&id);
    if known.is_none_or(|instance| instance.is_deleted) {
        return Err(not_found());
    }
    lifecycle::stop(context.shared, context.state, &id, Ending::Killed);
    context.state.tasks.delete(&id);
    if let Some(instance) = context.state.workflows.get_mut(&id) {
        instance.is_deleted = true;
    }
    Ok(Value::Bool(true))
}

fn required_id(params: &Array) -> Result<&Value, RestError> {
    params
        .get("ID")
        .filter(|id| id.is_truthy())
        .ok_or_else(|| RestError::new(400, WRONG_ID, "Empty workflow instance ID"))
}

fn not_found() -> RestError {
    RestError::new(400, "", "The business process is not found.")
}

/// The workflows that are running.
pub(crate) fn instances(context: &mut Context<'_>, params: Array) -> RestResult {
    context.caller.admin()?;
    let params = fold_top(params);
    let running = context.state.workflows.values();
    let rows = running
        .filter(|instance| instance.is_alive())
        .map(|instance| row(context, instance))
        .collect();
    let start = context.start;
    Ok(INSTANCES.show(context, &params, rows, start))
}

fn row(context: &Context<'_>, instance: &Instance) -> Array {
    let shared = context.shared;
    let [module, entity, id] = instance.document_id.each_ref().map(String::as_str);
    let owned_until = instance.owned_until(shared.now());
    [
        ("ID", Value::from(instance.id.as_str())),
        ("MODIFIED", shared.iso(instance.modified).into()),
        (
            "OWNED_UNTIL",
            owned_until.map_or(Value::Null, |until| shared.iso(until).into()),
        ),
        ("MODULE_ID", module.into()),
        ("ENTITY", entity.into()),
        ("DOCUMENT_ID", id.into()),
        ("STARTED", shared.iso(instance.started).into()),
        ("STARTED_BY", instance.started_by.to_string().into()),
        ("TEMPLATE_ID", instance.template_id.to_string().into()),
    ]
    .into_iter()
    .collect()
}
