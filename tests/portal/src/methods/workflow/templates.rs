//! `bizproc.workflow.template.*`.

use std::sync::Arc;

use crate::methods::workflow::rows::Fields;
use crate::methods::workflow::template_file::{self, auto_execute, invalid, template_data};
use crate::model::workflow::program::Program;
use crate::model::workflow::template::{AUTOMATION, StoredTemplate};
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Key, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::wire::rest::method::Context;

const TEMPLATES: Fields = Fields {
    all: &[
        "ID",
        "MODULE_ID",
        "ENTITY",
        "DOCUMENT_TYPE",
        "AUTO_EXECUTE",
        "NAME",
        "DESCRIPTION",
        "TEMPLATE",
        "PARAMETERS",
        "VARIABLES",
        "CONSTANTS",
        "MODIFIED",
        "IS_MODIFIED",
        "USER_ID",
        "SYSTEM_CODE",
    ],
    dates: &["MODIFIED"],
    select: &["ID"],
    order: ("ID", false),
};

/// Adds a template of the application. Its file is not read: a workflow of it has no steps.
pub(crate) fn add(context: &mut Context<'_>, params: Array) -> RestResult {
    let owner = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let params = fold_top(params);
    let document_type = template_file::document_type(&params)?;
    let name = template_file::name(params.get("NAME"))?;
    let auto_execute = params.isset("AUTO_EXECUTE").map_or(Ok(0), auto_execute)?;
    template_data(params.get("TEMPLATE_DATA"))?;
    let template = StoredTemplate {
        name,
        description: params
            .get("DESCRIPTION")
            .map(Value::to_text)
            .unwrap_or_default(),
        document_type,
        auto_execute,
        parameters: Array::new(),
        variables: Array::new(),
        constants: Array::new(),
        program: Arc::new(Program::default()),
        owner: Some(owner),
        user_id: context.caller.user_id,
        modified: context.shared.now(),
        is_temporary: false,
        is_modified: false,
    };
    let id = context.state.templates.add(template);
    Ok(number(id))
}

/// Changes a template of the application.
pub(crate) fn update(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let params = fold_top(params);
    let (id, template) = found(context, &params)?;
    if template.owner.as_deref() != Some(&client_id) {
        let text = "You can update ONLY templates created by current application";
        return Err(RestError::new(400, "ERROR_TEMPLATE_NOT_OWNER", text));
    }
    let fields = params.get("FIELDS").and_then(Value::as_array).cloned();
    let fields = fold_top(fields.unwrap_or_default());
    let mut changed = template.clone();
    changed.modified = context.shared.now();
    let known = ["NAME", "DESCRIPTION", "AUTO_EXECUTE", "TEMPLATE_DATA"];
    let given: Vec<&str> = known
        .into_iter()
        .filter(|name| fields.isset(name).is_some())
        .collect();
    if given.is_empty() {
        return Err(invalid("No fields to update."));
    }
    for field in given {
        match field {
            "NAME" => changed.name = template_file::name(fields.get("NAME"))?,
            "DESCRIPTION" => {
                changed.description = fields.get(field).map(Value::to_text).unwrap_or_default();
            }
            "AUTO_EXECUTE" => {
                changed.auto_execute = fields.get(field).map_or(Ok(0), auto_execute)?;
            }
            _ => template_data(fields.get(field))?,
        }
    }
    if let Some(template) = context.state.templates.get_mut(id) {
        *template = changed;
    }
    Ok(number(id))
}

/// Deletes a template of the application; its running workflows continue with their copies.
pub(crate) fn delete(context: &mut Context<'_>, params: Array) -> RestResult {
    let client_id = context.caller.application()?.to_owned();
    context.caller.admin()?;
    let params = fold_top(params);
    let (id, template) = found(context, &params)?;
    if template.owner.as_deref() != Some(&client_id) {
        let text = "You can delete ONLY templates created by current application";
        return Err(RestError::new(400, "", text));
    }
    context.state.templates.remove(id);
    Ok(Value::Null)
}

fn found<'a>(
    context: &'a Context<'_>,
    params: &Array,
) -> Result<(u64, &'a StoredTemplate), RestError> {
    let id = params.get("ID").map(Value::to_int).unwrap_or_default();
    let id = u64::try_from(id).unwrap_or_default();
    let template = context.state.templates.get(id).ok_or_else(|| {
        RestError::new(
            400,
            "ERROR_TEMPLATE_NOT_FOUND",
            "Workflow template not found.",
        )
    })?;
    Ok((id, template))
}

fn number(id: u64) -> Value {
    Value::Int(i64::try_from(id).unwrap_or(i64::MAX))
}

/// The templates of workflows; those of robots are left out.
pub(crate) fn list(context: &mut Context<'_>, params: Array) -> RestResult {
    context.caller.admin()?;
    let params = fold_top(params);
    let all = context.state.templates.iter();
    let rows = all
        .filter(|(_, template)| template.auto_execute != AUTOMATION)
        .map(|(id, template)| row(context, id, template))
        .collect();
    let start = context.start;
    Ok(TEMPLATES.show(context, &params, rows, start))
}

fn row(context: &Context<'_>, id: u64, template: &StoredTemplate) -> Array {
    let [module, entity, kind] = template.document_type.each_ref().map(String::as_str);
    let owner = template.owner.as_deref();
    let place = owner.and_then(|owner| context.state.installations.get_index_of(owner));
    let is_modified = if template.is_modified { "Y" } else { "N" };
    [
        ("ID", Value::from(id.to_string())),
        ("MODULE_ID", module.into()),
        ("ENTITY", entity.into()),
        ("DOCUMENT_TYPE", kind.into()),
        ("AUTO_EXECUTE", template.auto_execute.to_string().into()),
        ("NAME", template.name.as_str().into()),
        ("DESCRIPTION", template.description.as_str().into()),
        ("TEMPLATE", template.program.tree().clone().into()),
        ("PARAMETERS", properties(&template.parameters)),
        ("VARIABLES", properties(&template.variables)),
        ("CONSTANTS", properties(&template.constants)),
        ("MODIFIED", context.shared.iso(template.modified).into()),
        ("IS_MODIFIED", is_modified.into()),
        ("USER_ID", template.user_id.to_string().into()),
        (
            "SYSTEM_CODE",
            place.map_or(Value::Null, |place| {
                format!("rest_app_{}", place + 1).into()
            }),
        ),
    ]
    .into_iter()
    .collect()
}

/// Parameters, variables or constants: texts with defaults.
fn properties(defaults: &Array) -> Value {
    let property = |name: &Key, default: &Value| -> Value {
        let property: Array = [
            ("Name", Value::from(name.to_text())),
            ("Type", "string".into()),
            ("Default", default.clone()),
        ]
        .into_iter()
        .collect();
        property.into()
    };
    defaults
        .iter()
        .map(|(name, default)| (name.clone(), property(name, default)))
        .collect::<Array>()
        .into()
}
