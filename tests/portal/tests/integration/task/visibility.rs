use std::time::Duration;

use bizproc_portal::{Document, Edition, Portal, Task, Template};
use serde_json::json;

use crate::fixture::{PATIENCE, Stage};

#[tokio::test]
async fn a_field_of_a_task_is_shown_in_the_normalised_form() {
    let stage = Stage::start().await;
    let field = json!({"NAME": {"en": "Budget", "de": "Etat"}, "TYPE": "int", "REQUIRED": "Y"});
    let task = Task::request_information("Ask", [1]).field("budget", field);
    let template = stage
        .portal
        .template(Template::new("t").step(task))
        .unwrap();
    let begun = stage.portal.start_workflow(template, Document::deal(5));
    begun.await.unwrap();
    let all = json!({"SELECT": ["ID", "PARAMETERS"]});
    let (_, answer) = stage.client.call("bizproc.task.list", all).await;
    let row = &answer["result"][0];
    assert_eq!(
        row["PARAMETERS"]["Fields"][0],
        json!({"Id": "budget", "Type": "int", "BaseType": "int", "Name": "Budget, Etat", "Description": "",
            "Multiple": false, "Required": true, "Options": null, "Settings": null, "Default": null})
    );
    let done = json!({"TASK_ID": row["ID"], "STATUS": 3});
    let (_, refused) = stage.client.call("bizproc.task.complete", done).await;
    let text = "The field 'Budget, Etat' is required.";
    assert_eq!(refused["error_description"], json!(text));
}

#[tokio::test]
async fn the_cloud_keeps_tasks_for_a_day_after_the_end() {
    for (edition, kept) in [(Edition::Cloud, 0), (Edition::SelfHosted, 1)] {
        let stage = Stage::with(Portal::builder().edition(edition)).await;
        let task = Task::review("Look", [1]);
        let template = stage
            .portal
            .template(Template::new("t").step(task))
            .unwrap();
        let begun = stage.portal.start_workflow(template, Document::deal(5));
        let workflow = begun.await.unwrap();
        let listed = || async {
            let client = stage.client_with(Some(stage.installation.token_of(1)));
            client.call("bizproc.task.list", json!({})).await.1
        };
        let id = listed().await["result"][0]["ID"].clone();
        let done = json!({"TASK_ID": id, "STATUS": 3});
        stage.client.ok("bizproc.task.complete", done).await;
        workflow.wait_finished(PATIENCE).await.unwrap();
        assert_eq!(listed().await["total"], json!(1));
        stage.portal.advance(Duration::from_hours(25));
        assert_eq!(listed().await["total"], json!(kept));
    }
}
