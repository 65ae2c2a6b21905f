use std::time::Duration;

use bizproc_portal::{Document, Ending, Event, Step, Task, TaskKind, Template, Workflow};
use serde_json::{Value, json};

use crate::fixture::{Answer, Client, PATIENCE, Stage, assert_refused};

const LIST: &str = "bizproc.task.list";
const COMPLETE: &str = "bizproc.task.complete";
const DELEGATE: &str = "bizproc.task.delegate";

async fn start(stage: &Stage, steps: Vec<Step>) -> Workflow {
    let template = Template::new("Approval").steps(steps);
    let template = stage.portal.template(template).unwrap();
    let begun = stage.portal.start_workflow(template, Document::deal(5));
    begun.user(3).await.unwrap()
}

fn user(stage: &Stage, id: u64) -> Client {
    stage.client_with(Some(stage.installation.token_of(id)))
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

async fn complete(client: &Client, id: u64, status: u8, comment: &str) -> Answer {
    let params = json!({"TASK_ID": id, "STATUS": status, "COMMENT": comment});
    client.call(COMPLETE, params).await
}

fn assert_true(answer: &Answer) {
    assert_eq!(
        (answer.0, &answer.1["result"]),
        (200, &json!(true)),
        "{answer:?}"
    );
}

#[tokio::test]
async fn everyone_approves_or_one_refuses() {
    let stage = Stage::start().await;
    let workflow = start(&stage, vec![approval([4, 5])]).await;
    assert_true(&complete(&user(&stage, 4), 1, 1, "fine").await);
    assert!(workflow.log().is_empty());
    assert_true(&complete(&user(&stage, 5), 1, 1, "good").await);
    let done = workflow.wait_finished(Duration::ZERO).await.unwrap();
    assert_eq!(
        (done.ending, done.log),
        (Ending::Completed, vec!["yes: good user_5".to_owned()])
    );
    let again = complete(&user(&stage, 5), 1, 1, "").await;
    assert_refused(
        &again,
        400,
        "ERROR_TASK_COMPLETED",
        "Task already completed",
        "again",
    );

    let workflow = start(&stage, vec![approval([4, 5])]).await;
    assert_true(&complete(&user(&stage, 5), 2, 2, "no money").await);
    assert_eq!(workflow.log(), ["no: no money"]);
    // The other one is not asked any more.
    let late = complete(&user(&stage, 4), 2, 1, "").await;
    assert_refused(
        &late,
        400,
        "ERROR_TASK_COMPLETED",
        "Task already completed",
        "late",
    );

    let history = stage.portal.history();
    let told: Vec<_> = history
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
        told,
        [(1, 2, 0), (1, 4, 1), (1, 5, 1), (2, 2, 0), (2, 5, 2)]
    );
}

#[tokio::test]
async fn reviews_and_requests() {
    let stage = Stage::start().await;
    let review = Task::review("Read", [4, 5]).approved(vec![Step::log("read")]);
    let workflow = start(&stage, vec![review.into()]).await;
    assert_true(&complete(&user(&stage, 4), 1, 3, "").await);
    assert_true(&complete(&user(&stage, 5), 1, 3, "").await);
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
    let workflow = start(&stage, vec![ask(TaskKind::RequestInformation).into()]).await;
    let four = user(&stage, 4);
    let empty = complete(&four, 2, 3, "").await;
    let text = "The field 'Budget' is required.";
    assert_refused(&empty, 400, "ERROR_TASK_EXECUTION", text, "empty");
    let filled = json!({"TASK_ID": 2, "STATUS": "3", "FIELDS": {"budget": 7, "due": "2025-12-31", "other": 1}});
    four.ok(COMPLETE, filled).await;
    // One answer is enough.
    assert_eq!(workflow.log(), ["7 31.12.2025 none"]);
    let outputs = workflow.outputs("Ask").unwrap();
    assert_eq!(outputs.get("other"), None);

    let optional = ask(TaskKind::RequestInformationOptional).into();
    let workflow = start(&stage, vec![optional]).await;
    assert_true(&complete(&four, 3, 4, "").await);
    assert_eq!(workflow.log(), ["cancelled"]);
}

#[tokio::test]
async fn what_completing_refuses() {
    let stage = Stage::start().await;
    let workflow = start(
        &stage,
        vec![approval([4, 5]), Step::Fail("boom".to_owned())],
    )
    .await;
    let four = user(&stage, 4);
    for (params, code, text) in [
        (json!({}), "ERROR_TASK_VALIDATION", "empty TASK_ID"),
        (
            json!({"TASK_ID": 0, "STATUS": 9}),
            "ERROR_TASK_VALIDATION",
            "empty TASK_ID",
        ),
        (
            json!({"TASK_ID": 99}),
            "ERROR_TASK_VALIDATION",
            "incorrect STATUS",
        ),
        (
            json!({"TASK_ID": 99, "STATUS": 0}),
            "ERROR_TASK_VALIDATION",
            "incorrect STATUS",
        ),
        (
            json!({"TASK_ID": 99, "STATUS": 5}),
            "ERROR_TASK_VALIDATION",
            "incorrect STATUS",
        ),
        (
            json!({"TASK_ID": 99, "STATUS": 1}),
            "ERROR_TASK_NOT_FOUND",
            "Task not found",
        ),
        (
            json!({"TASK_ID": 1, "STATUS": 3}),
            "ERROR_TASK_TYPE",
            "Incorrect task type",
        ),
        (
            json!({"TASK_ID": 1, "STATUS": 4}),
            "ERROR_TASK_TYPE",
            "Incorrect task type",
        ),
    ] {
        let answer = four.call(COMPLETE, params.clone()).await;
        assert_refused(&answer, 400, code, text, &params.to_string());
    }
    // A task of others is none of an administrator's either.
    let foreign = complete(&user(&stage, 1), 1, 1, "").await;
    assert_refused(
        &foreign,
        400,
        "ERROR_TASK_NOT_FOUND",
        "Task not found",
        "foreign",
    );
    assert_true(&complete(&four, 1, 1, "").await);
    let failed = complete(&user(&stage, 5), 1, 1, "").await;
    assert_refused(&failed, 400, "ERROR_TASK_EXECUTION", "boom", "a later step");
    let done = workflow.wait_finished(PATIENCE).await.unwrap();
    assert_eq!(done.ending, Ending::Failed("boom".to_owned()));
}

#[tokio::test]
async fn tasks_are_listed() {
    let stage = Stage::start().await;
    let workflow = start(&stage, vec![approval([4, 5])]).await;
    let ask = Task::request_information("Budget?", [4]).field(
        "budget",
        json!({"NAME": "Budget", "TYPE": "int", "REQUIRED": "Y"}),
    );
    start(&stage, vec![ask.into()]).await;
    let admin = &stage.client;
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

    // Everyone sees their own; an administrator everyone's.
    assert_eq!(list(user(&stage, 5), json!({})).await["total"], json!(1));
    assert_eq!(list(user(&stage, 9), json!({})).await["total"], json!(0));
    let of = |id: u64| json!({"FILTER": {"USER_ID": id}});
    assert_eq!(list(user(&stage, 4), of(4)).await["total"], json!(2));
    let foreign = user(&stage, 4).call(LIST, of(5)).await;
    assert_refused(&foreign, 403, "ACCESS_DENIED", "Access denied!", "foreign");
    assert_eq!(list(admin.clone(), of(5)).await["total"], json!(1));
    let dropped = json!({"FILTER": {"=USER_ID": 99, "user_id": 99}});
    assert_eq!(list(admin.clone(), dropped).await["total"], json!(2));
    for select in [json!("ID"), json!([1]), json!(5)] {
        let refused = admin.call(LIST, json!({"SELECT": select})).await;
        let text = "Invalid data in SELECT parameter";
        assert_refused(
            &refused,
            400,
            "ERROR_SELECT_VALIDATION_FAILURE",
            text,
            "select",
        );
    }

    assert_true(&complete(&user(&stage, 4), 1, 1, "").await);
    assert_true(&complete(&user(&stage, 5), 1, 2, "").await);
    let done = json!({"SELECT": ["STATUS", "USER_STATUS"], "FILTER": {"ID": 1}, "ORDER": {"USER_STATUS": "ASC"}});
    let rows = list(admin.clone(), done).await;
    let statuses = |user: &str| json!({"STATUS": "2", "USER_STATUS": user});
    assert_eq!(rows["result"], json!([statuses("1"), statuses("2")]));
}

#[tokio::test]
async fn lists_have_pages() {
    let stage = Stage::start().await;
    for _ in 0..51 {
        start(&stage, vec![approval([4, 5])]).await;
    }
    let (_, first) = stage.client.call(LIST, json!({})).await;
    assert_eq!((&first["total"], &first["next"]), (&json!(51), &json!(50)));
    for name in ["start", "START"] {
        let (_, second) = stage.client.call(LIST, json!({name: 50})).await;
        assert_eq!(
            (
                second["result"].as_array().unwrap().len(),
                second.get("next")
            ),
            (1, None)
        );
    }
}

#[tokio::test]
async fn tasks_are_delegated() {
    let stage = Stage::start().await;
    let workflow = start(&stage, vec![approval([4, 5])]).await;
    let four = user(&stage, 4);
    let hand = |ids: Value, from: Value, to: Value| json!({"TASK_IDS": ids, "FROM_USER_ID": from, "TO_USER_ID": to});
    let not = "User is not responsible for the task";
    for (params, code, text) in [
        (json!({}), "ERROR_TASK_VALIDATION", "Invalid TASK_IDS"),
        (
            hand(json!(1), json!(4), json!(6)),
            "ERROR_TASK_VALIDATION",
            "Invalid TASK_IDS",
        ),
        (
            hand(json!([]), json!(4), json!(6)),
            "ERROR_TASK_VALIDATION",
            "Invalid TASK_IDS",
        ),
        (
            hand(json!([1]), json!(0), json!(0)),
            "ERROR_INVALID_USER_ID",
            "Invalid FROM_USER_ID",
        ),
        (
            hand(json!([1]), json!(4), json!("x")),
            "ERROR_INVALID_USER_ID",
            "Invalid TO_USER_ID",
        ),
        (
            hand(json!([1]), json!(9), json!(6)),
            "ERROR_DELEGATION_NOT_ALLOWED",
            not,
        ),
        (
            hand(json!([1, 99]), json!(4), json!(6)),
            "ERROR_DELEGATION_NOT_ALLOWED",
            not,
        ),
        (
            hand(json!([98, 1, 99]), json!(4), json!(6)),
            "ERROR_DELEGATION_NOT_ALLOWED",
            "User is not responsible for the task;User is not responsible for the task",
        ),
        // A user hands nobody else's tasks on.
        (
            hand(json!([1]), json!(5), json!(6)),
            "ERROR_DELEGATION_NOT_ALLOWED",
            not,
        ),
    ] {
        let answer = four.call(DELEGATE, params.clone()).await;
        assert_refused(&answer, 400, code, text, &params.to_string());
    }
    four.ok(DELEGATE, hand(json!([1]), json!(4), json!(6)))
        .await;
    let gone = complete(&four, 1, 1, "").await;
    assert_refused(
        &gone,
        400,
        "ERROR_TASK_NOT_FOUND",
        "Task not found",
        "handed on",
    );
    // An administrator may; a user who has the task already gets it once.
    stage
        .client
        .ok(DELEGATE, hand(json!([1]), json!(5), json!(6)))
        .await;
    assert_true(&complete(&user(&stage, 6), 1, 1, "alone").await);
    assert_eq!(workflow.log(), ["yes: alone user_6"]);
}
