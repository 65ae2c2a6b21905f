use bizproc_portal::{Document, Event, Fault, Platform, Portal};
use serde_json::{Value, json};

use crate::fixture::{Setup, TIMEOUT};

async fn batch(setup: &Setup, params: Value) -> Value {
    let (status, response) = setup.call("batch", params).await;
    assert_eq!(status, 200, "{response}");
    assert!(response["time"]["start"].is_number());
    response["result"].clone()
}

#[tokio::test]
async fn replies_in_a_batch_are_replies() {
    for platform in [Platform::v26(), Platform::v24(), Platform::v21()] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        setup
            .robot(
                "r",
                json!({"RETURN_PROPERTIES": {"out": {"NAME": "o", "TYPE": "string"}}}),
            )
            .await;
        let mut workflows = Vec::new();
        let mut commands = serde_json::Map::new();
        for index in 0..3 {
            let (workflow, call) = setup.run("r", json!({})).await;
            let token = call["event_token"].clone();
            let encoded = token.as_str().unwrap().replace('|', "%7C");
            commands.insert(
                format!("k{index}"),
                json!(format!("bizproc.event.send?EVENT_TOKEN={encoded}&RETURN_VALUES[out]=v{index}&LOG_MESSAGE=l")),
            );
            workflows.push(workflow);
        }
        let result = batch(&setup, json!({"halt": 0, "cmd": commands})).await;
        assert_eq!(
            result["result"],
            json!({"k0": true, "k1": true, "k2": true})
        );
        for (index, workflow) in workflows.iter().enumerate() {
            let done = workflow.wait_finished(TIMEOUT).await.unwrap();
            assert_eq!(done.return_values["out"], json!(format!("v{index}")));
        }
        let replied: Vec<_> = setup
            .portal
            .history()
            .into_iter()
            .filter_map(|record| match record.event {
                Event::Replied {
                    workflow_id,
                    body,
                    response,
                    ..
                } => Some((workflow_id.unwrap(), body.text(), response.unwrap())),
                _ => None,
            })
            .collect();
        assert_eq!(replied.len(), 3);
        assert_eq!(replied[1].0, workflows[1].id());
        assert!(replied[1].1.starts_with("bizproc.event.send?EVENT_TOKEN="));
        assert_eq!(replied[1].2.body.json().unwrap(), json!({"result": true}));
    }
}

#[tokio::test]
async fn faults_of_a_method_apply_inside_a_batch() {
    let setup = Setup::start().await;
    let command = json!({"cmd": {"a": "server.time", "b": "bizproc.robot.list"}});
    let fault = |fault| {
        let switched_on = setup.portal.fault_in("bizproc.robot.list", fault, 1);
        assert!(switched_on.is_ok());
    };
    fault(Fault::operation_time_limit());
    let result = batch(&setup, command.clone()).await;
    assert_eq!(result["result_error"]["b"]["error"], "OPERATION_TIME_LIMIT");
    assert!(result["result"]["a"].is_string());
    // A fault of the connection concerns the whole batch.
    fault(Fault::HtmlBadGateway);
    assert_eq!(setup.call("batch", command.clone()).await.0, 502);
    fault(Fault::CutAfterExecution);
    let mut params = command.clone();
    params["auth"] = json!(setup.installation.access_token());
    let cut = setup
        .client
        .try_raw("batch", "application/json", params.to_string())
        .await;
    assert!(cut.is_err());
    assert_eq!(batch(&setup, command).await["result"]["b"], json!([]));
}

#[tokio::test]
async fn lists_have_their_pages_inside_a_batch() {
    let setup = Setup::start().await;
    for number in 1..=60 {
        setup.portal.create_document(Document::deal(number));
    }
    let result = batch(
        &setup,
        json!({"cmd": {"a": "crm.deal.list?start=50", "b": "crm.deal.list", "c": "crm.deal.list?start=-1"}}),
    )
    .await;
    let count = |key: &str| result["result"][key].as_array().unwrap().len();
    assert_eq!((count("a"), count("b"), count("c")), (10, 50, 50));
    assert_eq!(result["result_total"], json!({"a": 60, "b": 60, "c": 0}));
    assert_eq!(result["result_next"], json!({"b": 50}));
}
