use std::time::Duration;

use bizproc_portal::{Document, Edition, Portal, Task, Template};
use serde_json::json;

use crate::fixture::{Setup, TIMEOUT};

#[tokio::test]
async fn fields_of_a_task_are_listed_in_normalised_form() {
    let setup = Setup::start().await;
    let field = json!({"NAME": {"en": "Budget", "de": "Etat"}, "TYPE": "int", "REQUIRED": "Y"});
    let task = Task::request_information("Ask", [1]).field("budget", field);
    let template = Template::new("t").step(task);
    setup.start_workflow(template, Document::deal(5)).await;
    let all = json!({"SELECT": ["ID", "PARAMETERS"]});
    let (_, response) = setup.call("bizproc.task.list", all).await;
    let row = &response["result"][0];
    assert_eq!(
        row["PARAMETERS"]["Fields"][0],
        json!({"Id": "budget", "Type": "int", "BaseType": "int", "Name": "Budget, Etat", "Description": "",
            "Multiple": false, "Required": true, "Options": null, "Settings": null, "Default": null})
    );
    let done = json!({"TASK_ID": row["ID"], "STATUS": 3});
    let (_, refused) = setup.call("bizproc.task.complete", done).await;
    let text = "The field 'Budget, Etat' is required.";
    assert_eq!(refused["error_description"], json!(text));
}

#[tokio::test]
async fn the_cloud_deletes_tasks_a_day_after_the_end() {
    for (edition, left) in [(Edition::Cloud, 0), (Edition::SelfHosted, 1)] {
        let setup = Setup::with(Portal::builder().edition(edition)).await;
        let task = Task::review("Look", [1]);
        let template = Template::new("t").step(task);
        let workflow = setup.start_workflow(template, Document::deal(5)).await;
        let listed = || async {
            let client = setup.user(1);
            client.call("bizproc.task.list", json!({})).await.1
        };
        let id = listed().await["result"][0]["ID"].clone();
        let done = json!({"TASK_ID": id, "STATUS": 3});
        setup.ok("bizproc.task.complete", done).await;
        workflow.wait_finished(TIMEOUT).await.unwrap();
        assert_eq!(listed().await["total"], json!(1));
        setup.portal.advance(Duration::from_hours(25));
        assert_eq!(listed().await["total"], json!(left));
    }
}
