use std::sync::LazyLock;

use bizproc_portal::{Portal, RatePlan};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A portal that all checks share.
struct Target {
    runtime: Runtime,
    http: reqwest::Client,
    portal: Portal,
    url: String,
    token: String,
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (portal, token) = runtime.block_on(async {
        // A history of every check would fill the memory.
        let builder = Portal::builder()
            .rate_plan(RatePlan::Off)
            .history_limit(1000);
        let portal = builder.operating_limit(None).start().await.unwrap();
        let application = portal.install("http://127.0.0.1:1/").await.unwrap();
        (portal, application.access_token())
    });
    Target {
        runtime,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        url: format!("{}batch", portal.endpoint()),
        portal,
        token,
    }
});

/// Calls a batch with each line of the bytes as a command.
pub(crate) fn check(bytes: &[u8]) {
    let target = &*TARGET;
    let lines = String::from_utf8_lossy(bytes);
    let commands: Vec<&str> = lines.split('\n').take(60).collect();
    let body = json!({"auth": target.token, "cmd": commands}).to_string();
    let request = target
        .http
        .post(&target.url)
        .header("Content-Type", "application/json");
    let text = target.runtime.block_on(async {
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    });
    let response: Value = serde_json::from_str(&text).unwrap();
    let count = |set: &Value| match set {
        Value::Array(list) => list.len(),
        Value::Object(map) => map.len(),
        other => panic!("{other} is no set"),
    };
    let sets = &response["result"];
    // Every command has its result or its error.
    assert_eq!(
        count(&sets["result"]) + count(&sets["result_error"]),
        commands.len(),
        "{response}"
    );
    assert!(!target.portal.url().is_empty());
}
