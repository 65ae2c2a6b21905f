//! `bizproc.task.list`, `bizproc.task.complete`.

use jiff::SignedDuration;

use crate::engine::workflow::in_step_dispatch::InStepDispatch;
use crate::engine::workflow::{lifecycle, run};
use crate::methods::workflow::rows::Fields;
use crate::methods::workflow::task_fields;
use crate::methods::workflow::task_fields::Given;
use crate::model::history::Event;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::exception::Exception;
use crate::model::workflow::given_task::GivenTask;
use crate::model::workflow::instance::Awaited;
use crate::model::workflow::task_kind::UserStatus;
use crate::rules::fold::fold_top;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::{RestError, RestResult};
use crate::rules::settings::Edition;
use crate::rules::values;
use crate::rules::values::Types;
use crate::wire::rest::method::Context;

const TASKS: Fields = Fields {
    all: &[
        "ID",
        "ACTIVITY",
        "ACTIVITY_NAME",
        "WORKFLOW_ID",
        "WORKFLOW_STARTED",
        "WORKFLOW_STARTED_BY",
        "WORKFLOW_TEMPLATE_ID",
        "WORKFLOW_TEMPLATE_NAME",
        "WORKFLOW_STATE",
        "DOCUMENT_NAME",
        "DOCUMENT_URL",
        "DOCUMENT_ID",
        "MODULE_ID",
        "ENTITY",
        "NAME",
        "DESCRIPTION",
        "MODIFIED",
        "OVERDUE_DATE",
        "STATUS",
        "USER_ID",
        "USER_STATUS",
        "PARAMETERS",
    ],
    dates: &["MODIFIED", "WORKFLOW_STARTED", "OVERDUE_DATE"],
    select: &["ID", "WORKFLOW_ID", "DOCUMENT_NAME", "NAME"],
    order: ("ID", true),
};

/// Lists the tasks of the caller; an administrator sees everyone's. There are no subordinates here.
pub(crate) fn list(context: &mut Context<'_>, params: Array) -> RestResult {
    let mut params = fold_top(params);
    if let Some(select) = params.get("SELECT") {
        let is_good = |list: &Array| list.values().all(|name| name.as_text().is_some());
        if !select.as_array().is_some_and(is_good) {
            return Err(RestError::new(
                400,
                "ERROR_SELECT_VALIDATION_FAILURE",
                "Invalid data in SELECT parameter",
            ));
        }
    }
    let start = match (context.start, params.remove("START")) {
        (0, Some(start)) => start.to_int(),
        (start, _) => start,
    };
    let own = context.caller.user_id;
    if !context.caller.is_admin() {
        let filter = TASKS.filter(context, &params);
        let asked = filter.iter().find(|(_, name, _)| *name == "USER_ID");
        if asked.is_some_and(|(_, _, user)| user.to_text() != own.to_string()) {
            context.caller.admin()?;
        }
    }
    let wanted = rows(context, &params);
    Ok(TASKS.show(context, &params, wanted, start))
}

/// Returns a row for each task, or for each user of it if users are asked for.
fn rows(context: &Context<'_>, params: &Array) -> Vec<Array> {
    let is_admin = context.caller.is_admin();
    let own = context.caller.user_id;
    let is_of_user = |name: &str| matches!(name, "USER_ID" | "USER_STATUS");
    let filter = TASKS.filter(context, params);
    let asks_users = TASKS.select(params).into_iter().any(is_of_user)
        || filter.iter().any(|(_, name, _)| is_of_user(name));
    let mut rows = Vec::new();
    for (id, task) in context.state.tasks.iter() {
        if is_gone(context, task) {
            continue;
        }
        let mut users = task
            .users
            .iter()
            .filter(|(user, _)| is_admin || *user == own);
        let wanted = if asks_users {
            users.collect::<Vec<_>>()
        } else {
            users.next().into_iter().collect()
        };
        rows.extend(
            wanted
                .into_iter()
                .filter_map(|user| row(context, id, task, *user)),
        );
    }
    rows
}

/// The cloud keeps the tasks of a workflow for a day after its end.
fn is_gone(context: &Context<'_>, task: &GivenTask) -> bool {
    let shared = context.shared;
    let instance = context.state.workflows.get(&task.workflow_id);
    shared.settings.edition == Edition::Cloud
        && instance.is_some_and(|instance| {
            let ended = shared.now().duration_since(instance.modified);
            !instance.is_alive() && ended > SignedDuration::from_hours(24)
        })
}

fn row(
    context: &Context<'_>,
    id: u64,
    task: &GivenTask,
    (user, status): (u64, UserStatus),
) -> Option<Array> {
    let shared = context.shared;
    let instance = context.state.workflows.get(&task.workflow_id)?;
    let [module, entity, document_id] = task.document_id.each_ref().map(String::as_str);
    let document = context.state.documents.get(&task.document_id);
    let document_name = document
        .and_then(|document| document.get("TITLE").or_else(|| document.get("NAME")))
        .map(Value::to_text);
    // 5 is a cancelled task; 4 is an overdue one.
    let task_status = match task.status {
        UserStatus::Cancel => 5,
        status => status.number(),
    };
    let text = |text: &str| Value::from(text);
    Some(
        [
            ("ID", Value::from(id.to_string())),
            ("ACTIVITY", text(task.kind.activity())),
            ("ACTIVITY_NAME", text(&task.activity_name)),
            ("WORKFLOW_ID", text(&task.workflow_id)),
            ("WORKFLOW_STARTED", shared.iso(instance.started).into()),
            (
                "WORKFLOW_STARTED_BY",
                instance.started_by.to_string().into(),
            ),
            (
                "WORKFLOW_TEMPLATE_ID",
                instance.template_id.to_string().into(),
            ),
            ("WORKFLOW_TEMPLATE_NAME", text(&instance.template_name)),
            ("WORKFLOW_STATE", text(&instance.status)),
            ("DOCUMENT_NAME", document_name.unwrap_or_default().into()),
            ("DOCUMENT_URL", document_url(module, document_id).into()),
            ("DOCUMENT_ID", text(document_id)),
            ("MODULE_ID", text(module)),
            ("ENTITY", text(entity)),
            ("NAME", text(&task.name)),
            ("DESCRIPTION", text(&task.description)),
            ("MODIFIED", shared.iso(task.modified).into()),
            ("OVERDUE_DATE", Value::Null),
            ("STATUS", task_status.to_string().into()),
            ("USER_ID", user.to_string().into()),
            ("USER_STATUS", status.number().to_string().into()),
            ("PARAMETERS", parameters(context, task)),
        ]
        .into_iter()
        .collect(),
    )
}

/// Where the portal shows a document.
fn document_url(module: &str, id: &str) -> String {
    let (kind, number) = id.rsplit_once('_').unwrap_or(("element", id));
    let type_name = kind.to_lowercase();
    match type_name.strip_prefix("dynamic_") {
        Some(type_id) => format!("/{module}/type/{type_id}/details/{number}/"),
        None => format!("/{module}/{type_name}/details/{number}/"),
    }
}

fn parameters(context: &Context<'_>, task: &GivenTask) -> Value {
    let shared = context.shared;
    let state = &*context.state;
    let mut parameters = Array::new();
    parameters.insert("ShowComment", "Y");
    parameters.insert("CommentRequired", "N");
    let fields = task.fields.iter();
    let fields: Array = fields
        .map(|(id, property)| task_fields::shown(shared, state, &id.to_text(), property))
        .map(Value::from)
        .collect();
    if !fields.is_empty() {
        parameters.insert("Fields", fields);
    }
    parameters.into()
}

/// Completes a task of the caller; the workflow continues when no other user is asked.
pub(crate) fn complete(context: &mut Context<'_>, params: Array) -> RestResult {
    let params = fold_top(params);
    let invalid = |text: &str| RestError::new(400, "ERROR_TASK_VALIDATION", text);
    let given_id = params
        .get("TASK_ID")
        .filter(|id| id.is_truthy())
        .ok_or_else(|| invalid("empty TASK_ID"))?;
    let id = u64::try_from(given_id.to_int()).unwrap_or_default();
    let status = params
        .get("STATUS")
        .and_then(UserStatus::read)
        .ok_or_else(|| invalid("incorrect STATUS"))?;
    let own = context.caller.user_id;
    let task = open_task(context.state, id, own)?;
    if !task.kind.takes(status) {
        return Err(RestError::new(
            400,
            "ERROR_TASK_TYPE",
            "Incorrect task type",
        ));
    }
    let answer = Answer {
        user_id: own,
        status,
        comment: params
            .get("COMMENT")
            .and_then(Value::as_text)
            .unwrap_or_default()
            .to_owned(),
    };
    let fields = params.get("FIELDS").and_then(Value::as_array).cloned();
    let shared = context.shared;
    let state = &mut *context.state;
    let failed = |text: String| RestError::new(400, "ERROR_TASK_EXECUTION", text);
    Given::read(
        state,
        &shared.settings,
        &task.fields,
        &fields.unwrap_or_default(),
    )
    .and_then(|fields| answer.give(shared, state, (id, &task), fields))
    .map_err(failed)?;
    context.in_step = InStepDispatch::find(context.state, &task.workflow_id, |exception, _| {
        RestError::new(400, "ERROR_TASK_EXECUTION", exception.into_message())
    });
    Ok(Value::Bool(true))
}

/// A task that this user has not completed yet.
fn open_task(state: &State, id: u64, user_id: u64) -> Result<GivenTask, RestError> {
    let task = state.tasks.get(id);
    let found = task.and_then(|task| {
        let user = task.users.iter().find(|(user, _)| *user == user_id)?;
        Some((task, user.1))
    });
    let (task, status) =
        found.ok_or_else(|| RestError::new(400, "ERROR_TASK_NOT_FOUND", "Task not found"))?;
    if status == UserStatus::Waiting && task.status == UserStatus::Waiting {
        return Ok(task.clone());
    }
    let text = "Task already completed";
    Err(RestError::new(400, "ERROR_TASK_COMPLETED", text))
}

/// What a user answers to a task.
struct Answer {
    user_id: u64,
    status: UserStatus,
    comment: String,
}

impl Answer {
    fn give(
        &self,
        shared: &Shared,
        state: &mut State,
        (id, task): (u64, &GivenTask),
        fields: Given,
    ) -> Result<(), String> {
        if !self.status.is_refusal() {
            check_fields(task, &fields)?;
        }
        let workflow_id = &task.workflow_id;
        let is_there = lifecycle::reach(shared, state, workflow_id);
        if !is_there.map_err(|error| error.description)? {
            return Ok(());
        }
        let values = fields.store_files(state);
        self.store(shared, state, task, &values);
        let status = self.set_status(shared, state, id);
        shared.record(
            state,
            Event::TaskCompleted {
                workflow_id: workflow_id.clone(),
                activity_name: task.activity_name.clone(),
                task_id: id,
                user_id: self.user_id,
                status: self.status.number(),
            },
        );
        if status == UserStatus::Waiting {
            return Ok(());
        }
        let Some(instance) = state.workflows.get_mut(workflow_id) else {
            return Ok(());
        };
        let waiting = instance.waiting.take();
        if let Some(Awaited::Task(_, refused)) = waiting.map(|waiting| waiting.what)
            && status.is_refusal()
        {
            instance.position = refused;
        }
        run::proceed(shared, state, workflow_id).map_err(Exception::into_message)
    }

    /// Sets the outputs of the task's step.
    fn store(&self, shared: &Shared, state: &mut State, task: &GivenTask, fields: &Array) {
        let Some(instance) = state.workflows.get_mut(&task.workflow_id) else {
            return;
        };
        let [module, ..] = &instance.document_type;
        let types = Types {
            settings: &shared.settings,
            is_crm: module == "crm",
        };
        let outputs = instance
            .outputs
            .entry(task.activity_name.clone())
            .or_insert_with(|| values::defaults(&task.fields));
        values::store(outputs, &task.fields, fields, &types);
        outputs.insert("Comments", self.comment.as_str());
        outputs.insert("LastApprover", format!("user_{}", self.user_id));
    }

    /// Stores the user's answer, and returns the task's status.
    fn set_status(&self, shared: &Shared, state: &mut State, id: u64) -> UserStatus {
        let Some(task) = state.tasks.get_mut(id) else {
            return UserStatus::Waiting;
        };
        task.modified = shared.now();
        for (user, status) in &mut task.users {
            if *user == self.user_id {
                *status = self.status;
            }
        }
        let waits = |(_, status): &(u64, UserStatus)| *status == UserStatus::Waiting;
        let is_done =
            self.status.is_refusal() || !task.kind.asks_everyone() || !task.users.iter().any(waits);
        if is_done {
            task.status = self.status;
        }
        task.status
    }
}

fn check_fields(task: &GivenTask, given: &Given) -> Result<(), String> {
    for (id, property) in task.fields.iter() {
        let is_filled = given.has(&id.to_text());
        if let Some(name) = values::required_name(property).filter(|_| !is_filled) {
            return Err(format!("The field '{name}' is required."));
        }
    }
    Ok(())
}
