//! An application whose events wait for it.

use serde_json::{Value, json};

use super::{Client, Stage};

/// An application whose deals and leads are queued.
pub(crate) async fn stage() -> Stage {
    let stage = Stage::start().await;
    for event in ["ONCRMDEALADD", "ONCRMLEADADD"] {
        let params = json!({"event": event, "event_type": "offline"});
        stage.client.ok("event.bind", params).await;
    }
    stage
}

pub(crate) async fn happen(stage: &Stage, event: &str, id: u32) {
    let data = json!({"FIELDS": {"ID": id}});
    let heard = stage.portal.fire(event, data).acting(4).await.unwrap();
    assert_eq!(heard, 1);
}

pub(crate) async fn result(client: &Client, method: &str, params: Value) -> Value {
    let (status, answer) = client.call(method, params.clone()).await;
    assert_eq!(status, 200, "{method} {params}: {answer}");
    answer["result"].clone()
}

pub(crate) fn ids(events: &Value) -> Vec<&str> {
    let events = events.as_array().unwrap().iter();
    events.map(|event| event["ID"].as_str().unwrap()).collect()
}
