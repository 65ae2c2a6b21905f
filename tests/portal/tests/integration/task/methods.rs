use std::time::Duration;

use bizproc_portal::{Document, Ending, Event, Step, Task, TaskKind, Template, Workflow};
use serde_json::{Value, json};

use crate::fixture::{
    Client, DENIED, Refusal, Response, Setup, TIMEOUT, assert_refused, assert_true,
};

const LIST: &str = "bizproc.task.list";
const COMPLETE: &str = "bizproc.task.complete";
const DELEGATE: &str = "bizproc.task.delegate";

const NOT_FOUND: Refusal<'static> = (400, "ERROR_TASK_NOT_FOUND", "Task not found");
const COMPLETED: Refusal<'static> = (400, "ERROR_TASK_COMPLETED", "Task already completed");

async fn start(setup: &Setup, steps: Vec<Step>) -> Workflow {
    let template = Template::new("Approval").steps(steps);
    let template = setup.portal.template(template).unwrap();
    let start = setup.portal.start_workflow(template, Document::deal(5));
    start.user(3).await.unwrap()
}

fn approval(users: [u64; 2]) -> Step {
    Task::approve("Pay {=Document:TITLE}?", users)
        .named("Boss")
        .description("for {=User:ID}")
        .approved(vec![Step::log(
            "yes: {=Boss:Comments} {=Boss:LastApprover}",
        )])
        .rejected(vec![Step::log("no: {=Boss:Comments}")])
        .into()
}

async fn complete(client: &Client, id: u64, status: u8, comment: &str) -> Response {
    let params = json!({"TASK_ID": id, "STATUS": status, "COMMENT": comment});
    client.call(COMPLETE, params).await
}

#[tokio::test]
async fn an_approval_needs_everyone_and_a_refusal_one_user() {
    let setup = Setup::start().await;
    let workflow = start(&setup, vec![approval([4, 5])]).await;
    assert_true(&complete(&setup.user(4), 1, 1, "fine").await);
    assert!(workflow.log().is_empty());
    assert_true(&complete(&setup.user(5), 1, 1, "good").await);
    let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(
        (done.ending, done.log),
        (Ending::Completed, vec!["yes: good user_5".to_owned()])
    );
    let again = complete(&setup.user(5), 1, 1, "").await;
    assert_refused(&again, COMPLETED, "again");

    let workflow = start(&setup, vec![approval([4, 5])]).await;
    assert_true(&complete(&setup.user(5), 2, 2, "no money").await);
    assert_eq!(workflow.log(), ["no: no money"]);
    // The other user is not asked any more.
    let late = complete(&setup.user(4), 2, 1, "").await;
    assert_refused(&late, COMPLETED, "late");

    let history = setup.portal.history();
    let events: Vec<_> = history
        .iter()
        .filter_map(|record| match &record.event {
            Event::TaskGiven { task_id, users, .. } => Some((*task_id, users.len() as u64, 0)),
            Event::TaskCompleted {
                task_id,
                user_id,
                status,
                ..
            } => Some((*task_id, *user_id, *status)),
            _ => None,
        })
        .collect();
    assert_eq!(
        events,
        [(1, 2, 0), (1, 4, 1), (1, 5, 1), (2, 2, 0), (2, 5, 2)]
    );
}

#[tokio::test]
async fn reviews_and_requests_for_information() {
    let setup = Setup::start().await;
    let review = Task::review("Read", [4, 5]).approved(vec![Step::log("read")]);
    let workflow = start(&setup, vec![review.into()]).await;
    assert_true(&complete(&setup.user(4), 1, 3, "").await);
    assert_true(&complete(&setup.user(5), 1, 3, "").await);
    assert_eq!(workflow.log(), ["read"]);

    let ask = |kind| {
        Task::new(kind, "Budget?", [4, 5])
            .named("Ask")
            .field(
                "budget",
                json!({"NAME": "Budget", "TYPE": "int", "REQUIRED": "Y"}),
            )
            .field("due", json!({"NAME": "Due", "TYPE": "date"}))
            .field("note", json!({"NAME": "Note", "DEFAULT": "none"}))
            .approved(vec![Step::log("{=Ask:budget} {=Ask:due} {=Ask:note}")])
            .rejected(vec![Step::log("cancelled")])
    };
    let workflow = start(&setup, vec![ask(TaskKind::RequestInformation).into()]).await;
    let four = setup.user(4);
    let empty = complete(&four, 2, 3, "").await;
    let text = "The field 'Budget' is required.";
    assert_refused(&empty, (400, "ERROR_TASK_EXECUTION", text), "empty");
    let filled = json!({"TASK_ID": 2, "STATUS": "3", "FIELDS": {"budget": 7, "due": "2025-12-31", "other": 1}});
    four.ok(COMPLETE, filled).await;
    // The answer of one user is enough.
    assert_eq!(workflow.log(), ["7 31.12.2025 none"]);
    let outputs = workflow.outputs("Ask").unwrap();
    assert_eq!(outputs.get("other"), None);

    let optional = ask(TaskKind::RequestInformationOptional).into();
    let workflow = start(&setup, vec![optional]).await;
    assert_true(&complete(&four, 3, 4, "").await);
    assert_eq!(workflow.log(), ["cancelled"]);
}

/// Parameters that are refused while task 1 is an approval.
#[rustfmt::skip]
fn wrong_completions() -> Vec<(Value, Refusal<'static>)> {
    let no_task = (400, "ERROR_TASK_VALIDATION", "empty TASK_ID");
    let no_status = (400, "ERROR_TASK_VALIDATION", "incorrect STATUS");
    let other_type = (400, "ERROR_TASK_TYPE", "Incorrect task type");
    vec![
        (json!({}), no_task),
        (json!({"TASK_ID": 0, "STATUS": 9}), no_task),
        (json!({"TASK_ID": 99}), no_status),
        (json!({"TASK_ID": 99, "STATUS": 0}), no_status),
        (json!({"TASK_ID": 99, "STATUS": 5}), no_status),
        (json!({"TASK_ID": 99, "STATUS": 1}), NOT_FOUND),
        (json!({"TASK_ID": 1, "STATUS": 3}), other_type),
        (json!({"TASK_ID": 1, "STATUS": 4}), other_type),
    ]
}

#[tokio::test]
async fn wrong_completions_are_refused() {
    let setup = Setup::start().await;
    let steps = vec![approval([4, 5]), Step::Fail("boom".to_owned())];
    let workflow = start(&setup, steps).await;
    let four = setup.user(4);
    for (params, refusal) in wrong_completions() {
        four.refused(COMPLETE, params, refusal).await;
    }
    // Not even an administrator completes the task of another user.
    let foreign = complete(&setup.user(1), 1, 1, "").await;
    assert_refused(&foreign, NOT_FOUND, "foreign");
    assert_true(&complete(&four, 1, 1, "").await);
    let failed = complete(&setup.user(5), 1, 1, "").await;
    let refusal = (400, "ERROR_TASK_EXECUTION", "boom");
    assert_refused(&failed, refusal, "a later step");
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
}

#[tokio::test]
async fn tasks_are_listed() {
    let setup = Setup::start().await;
    let workflow = start(&setup, vec![approval([4, 5])]).await;
    let ask = Task::request_information("Budget?", [4]).field(
        "budget",
        json!({"NAME": "Budget", "TYPE": "int", "REQUIRED": "Y"}),
    );
    start(&setup, vec![ask.into()]).await;
    let admin = &setup.client;
    let list = |client: Client, params: Value| async move { client.call(LIST, params).await.1 };
    let rows = list(admin.clone(), json!({})).await;
    assert_eq!(
        (&rows["total"], &rows["result"][0]["ID"]),
        (&json!(2), &json!("2"))
    );
    assert_eq!(
        rows["result"][1],
        json!({"ID": "1", "WORKFLOW_ID": workflow.id(), "DOCUMENT_NAME": "Deal #5", "NAME": "Pay Deal #5?"})
    );
    let all = json!({"SELECT": ["activity", "ACTIVITY_NAME", "WORKFLOW_STARTED_BY", "WORKFLOW_TEMPLATE_NAME", "DOCUMENT_URL",
        "DOCUMENT_ID", "MODULE_ID", "ENTITY", "DESCRIPTION", "STATUS", "USER_ID", "USER_STATUS", "OVERDUE_DATE", "none"],
        "FILTER": {"ID": 1}, "ORDER": {"user_id": "desc"}});
    let rows = list(admin.clone(), all).await;
    let row = |user: &str| {
        json!({"ACTIVITY": "ApproveActivity", "ACTIVITY_NAME": "Boss", "WORKFLOW_STARTED_BY": "3",
            "WORKFLOW_TEMPLATE_NAME": "Approval", "DOCUMENT_URL": "/crm/deal/details/5/", "DOCUMENT_ID": "DEAL_5",
            "MODULE_ID": "crm", "ENTITY": "CCrmDocumentDeal", "DESCRIPTION": "for user_3", "OVERDUE_DATE": null,
            "STATUS": "0", "USER_ID": user, "USER_STATUS": "0"})
    };
    assert_eq!(rows["result"], json!([row("5"), row("4")]));
    let fields = json!({"SELECT": ["PARAMETERS"], "FILTER": {"NAME": "Budget?"}});
    let rows = list(admin.clone(), fields).await;
    assert_eq!(
        rows["result"][0]["PARAMETERS"]["Fields"],
        json!([{"Id": "budget", "Type": "int", "BaseType": "int", "Name": "Budget", "Description": "", "Multiple": false, "Required": true, "Settings": null,
            "Options": null, "Default": null}])
    );

    assert_true(&complete(&setup.user(4), 1, 1, "").await);
    assert_true(&complete(&setup.user(5), 1, 2, "").await);
    let done = json!({"SELECT": ["STATUS", "USER_STATUS"], "FILTER": {"ID": 1}, "ORDER": {"USER_STATUS": "ASC"}});
    let rows = list(admin.clone(), done).await;
    let statuses = |user: &str| json!({"STATUS": "2", "USER_STATUS": user});
    assert_eq!(rows["result"], json!([statuses("1"), statuses("2")]));
}

#[tokio::test]
async fn users_list_their_own_tasks_and_administrators_all() {
    let setup = Setup::start().await;
    start(&setup, vec![approval([4, 5])]).await;
    start(&setup, vec![Task::review("Read", [4]).into()]).await;
    let total =
        async |client: &Client, params: Value| client.call(LIST, params).await.1["total"].clone();
    let of = |id: u64| json!({"FILTER": {"USER_ID": id}});
    assert_eq!(total(&setup.user(5), json!({})).await, json!(1));
    assert_eq!(total(&setup.user(9), json!({})).await, json!(0));
    assert_eq!(total(&setup.user(4), of(4)).await, json!(2));
    setup.user(4).refused(LIST, of(5), DENIED).await;
    assert_eq!(total(&setup.client, of(5)).await, json!(1));
    // Prefixes and names in lower case are ignored.
    let ignored = json!({"FILTER": {"=USER_ID": 99, "user_id": 99}});
    assert_eq!(total(&setup.client, ignored).await, json!(2));
    for select in [json!("ID"), json!([1]), json!(5)] {
        let text = "Invalid data in SELECT parameter";
        let refusal = (400, "ERROR_SELECT_VALIDATION_FAILURE", text);
        setup
            .refused(LIST, json!({"SELECT": select}), refusal)
            .await;
    }
}

#[tokio::test]
async fn task_lists_have_pages() {
    let setup = Setup::start().await;
    for _ in 0..51 {
        start(&setup, vec![approval([4, 5])]).await;
    }
    let (_, first) = setup.call(LIST, json!({})).await;
    assert_eq!((&first["total"], &first["next"]), (&json!(51), &json!(50)));
    for name in ["start", "START"] {
        let (_, second) = setup.call(LIST, json!({name: 50})).await;
        assert_eq!(
            (
                second["result"].as_array().unwrap().len(),
                second.get("next")
            ),
            (1, None)
        );
    }
}

/// Moves tasks from one user to another.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every caller passes a fresh `json!`"
)]
fn delegation(tasks: Value, from: Value, to: Value) -> Value {
    json!({"TASK_IDS": tasks, "FROM_USER_ID": from, "TO_USER_ID": to})
}

/// Parameters that are refused to user 4, who has task 1 together with user 5.
#[rustfmt::skip]
fn wrong_delegations() -> Vec<(Value, Refusal<'static>)> {
    let no_tasks = (400, "ERROR_TASK_VALIDATION", "Invalid TASK_IDS");
    let not_theirs = |text| (400, "ERROR_DELEGATION_NOT_ALLOWED", text);
    let once = not_theirs("User is not responsible for the task");
    let twice = not_theirs("User is not responsible for the task;User is not responsible for the task");
    vec![
        (json!({}), no_tasks),
        (delegation(json!(1), json!(4), json!(6)), no_tasks),
        (delegation(json!([]), json!(4), json!(6)), no_tasks),
        (delegation(json!([1]), json!(0), json!(0)), (400, "ERROR_INVALID_USER_ID", "Invalid FROM_USER_ID")),
        (delegation(json!([1]), json!(4), json!("x")), (400, "ERROR_INVALID_USER_ID", "Invalid TO_USER_ID")),
        (delegation(json!([1]), json!(9), json!(6)), once),
        (delegation(json!([1, 99]), json!(4), json!(6)), once),
        (delegation(json!([98, 1, 99]), json!(4), json!(6)), twice),
        // A user cannot delegate the task of another user.
        (delegation(json!([1]), json!(5), json!(6)), once),
    ]
}

#[tokio::test]
async fn tasks_are_delegated() {
    let setup = Setup::start().await;
    let workflow = start(&setup, vec![approval([4, 5])]).await;
    let four = setup.user(4);
    for (params, refusal) in wrong_delegations() {
        four.refused(DELEGATE, params, refusal).await;
    }
    let own = delegation(json!([1]), json!(4), json!(6));
    four.ok(DELEGATE, own).await;
    let gone = complete(&four, 1, 1, "").await;
    assert_refused(&gone, NOT_FOUND, "delegated");
    // An administrator may delegate any task; a user who has it already gets it once.
    let by_admin = delegation(json!([1]), json!(5), json!(6));
    setup.ok(DELEGATE, by_admin).await;
    assert_true(&complete(&setup.user(6), 1, 1, "alone").await);
    assert_eq!(workflow.log(), ["yes: alone user_6"]);
}
