use std::time::Duration;

use bizproc_portal::{Edition, Fault, Portal, RatePlan};
use serde_json::{Value, json};

use crate::fixture::{Client, Stage, assert_refused};

/// Requests until the first refusal.
async fn let_through(client: &Client, at_most: usize) -> usize {
    for count in 0..at_most {
        let (status, answer) = client.call("server.time", json!({})).await;
        if status != 200 {
            assert_refused(
                &(status, answer),
                503,
                "QUERY_LIMIT_EXCEEDED",
                "Too many requests",
                "limit",
            );
            return count;
        }
    }
    at_most
}

#[tokio::test]
async fn requests_leak_out_of_a_bucket() {
    for (plan, depth, a_second) in [(RatePlan::Standard, 50, 2), (RatePlan::Enterprise, 250, 5)] {
        let stage = Stage::with(Portal::builder().rate_plan(plan)).await;
        let first = let_through(&stage.client, depth + 40).await;
        // A slow machine lets some leak out meanwhile.
        assert!((depth..depth + 40).contains(&first), "{plan:?}: {first}");
        stage.portal.advance(Duration::from_secs(10));
        let more = let_through(&stage.client, depth).await;
        assert!(
            (10 * a_second..10 * a_second + 20).contains(&more),
            "{plan:?}: {more}"
        );
        // Every caller on one machine shares the bucket, and what no method has counts as well.
        let other = stage.client_with(None);
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(other.call("nonsense", json!({})).await.0);
        }
        assert!(
            statuses.contains(&503) && !statuses.contains(&401),
            "{statuses:?}"
        );
        // Another machine has its own.
        let elsewhere = reqwest::Client::builder()
            .no_proxy()
            .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
            .build()
            .unwrap();
        let url = format!("{}nonsense", stage.portal.endpoint());
        assert_eq!(elsewhere.get(url).send().await.unwrap().status(), 404);
        stage.portal.advance(Duration::from_secs(1000));
        assert_eq!(let_through(&stage.client, 3).await, 3);
    }
    let off = Portal::builder().rate_plan(RatePlan::Off);
    let self_hosted = Portal::builder().edition(Edition::SelfHosted);
    for builder in [off, self_hosted] {
        let stage = Stage::with(builder).await;
        assert_eq!(let_through(&stage.client, 300).await, 300);
    }
}

#[tokio::test]
async fn a_batch_is_one_request() {
    let stage = Stage::start().await;
    for _ in 0..20 {
        let commands = vec!["server.time"; 50];
        let (status, _) = stage.client.call("batch", json!({"cmd": commands})).await;
        assert_eq!(status, 200);
    }
}

/// Works so long, and gives the `time` of the answer.
async fn work(stage: &Stage, seconds: f64) -> Value {
    let slow = Fault::Slow(Duration::from_secs_f64(seconds));
    stage.portal.fault_in("server.time", slow, 1).unwrap();
    let (status, answer) = stage.client.call("server.time", json!({})).await;
    assert_eq!(status, 200, "{answer}");
    answer["time"].clone()
}

#[tokio::test]
async fn seconds_of_work_are_counted_for_ten_minutes() {
    let stage = Stage::start().await;
    let time = work(&stage, 0.09).await;
    assert_eq!(time["operating"], json!(0.0));
    assert!(time["processing"].as_f64().unwrap() >= 0.09);

    let first = work(&stage, 400.0).await;
    let operating = first["operating"].as_f64().unwrap();
    assert!((400.0..401.0).contains(&operating), "{operating}");
    let start = first["start"].as_i64().unwrap();
    assert_eq!(first["operating_reset_at"], json!(start + 600));

    stage.portal.advance(Duration::from_mins(2));
    let second = work(&stage, 79.0).await;
    assert_eq!(second["operating_reset_at"], json!(start + 600));
    // The sum may reach the limit; only above it is the method blocked.
    let third = work(&stage, 5.0).await;
    assert!(third["operating"].as_f64().unwrap() > 480.0);
    let refused = stage.client.call("server.time", json!({})).await;
    assert_refused(
        &refused,
        429,
        "OPERATION_TIME_LIMIT",
        "Method is blocked due to operation time limit.",
        "blocked",
    );
    let (status, answer) = stage
        .client
        .call("batch", json!({"cmd": ["server.time", "profile"]}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        answer["result"]["result_error"][0]["error"],
        "OPERATION_TIME_LIMIT"
    );
    // Other methods and other callers are not.
    assert_eq!(stage.client.call("app.info", json!({})).await.0, 200);
    let webhook = Client::new(stage.portal.webhook(1), None);
    assert_eq!(webhook.call("server.time", json!({})).await.0, 200);

    stage.portal.advance(Duration::from_secs(481));
    let (status, answer) = stage.client.call("server.time", json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let left = answer["time"]["operating"].as_f64().unwrap();
    assert!((84.0..85.0).contains(&left), "{left}");
}

#[tokio::test]
async fn a_self_hosted_portal_has_a_limit_only_if_it_is_set() {
    for builder in [
        Portal::builder().operating_limit(None),
        Portal::builder().edition(Edition::SelfHosted),
    ] {
        let stage = Stage::with(builder).await;
        work(&stage, 5000.0).await;
        work(&stage, 1.0).await;
    }
    let builder = Portal::builder().edition(Edition::SelfHosted);
    let stage = Stage::with(builder.operating_limit(Some(420))).await;
    work(&stage, 421.0).await;
    assert_eq!(stage.client.call("server.time", json!({})).await.0, 429);
}

#[tokio::test]
async fn work_is_counted_by_application_and_method() {
    let stage = Stage::start().await;
    let portal = &stage.portal;
    let other = portal.install("http://127.0.0.1:1/").await.unwrap();
    work(&stage, 500.0).await;
    let status = async |client: Client| client.call("server.time", json!({})).await.0;
    let of_user = stage.client_with(Some(stage.installation.token_of(4)));
    assert_eq!(status(of_user).await, 429);
    assert_eq!(
        status(stage.client_with(Some(other.access_token()))).await,
        200
    );
    assert_eq!(status(Client::new(portal.webhook(1), None)).await, 200);
    // Who calls is found out before.
    let nobody = stage.client_with(Some("guess".to_owned()));
    assert_eq!(status(nobody).await, 401);
}

#[tokio::test]
async fn a_batch_is_counted_by_what_is_in_it() {
    let stage = Stage::start().await;
    let slow = || Fault::Slow(Duration::from_secs(500));
    let batch = json!({"cmd": ["server.time"]});
    stage.portal.fault_in("batch", slow(), 1).unwrap();
    for _ in 0..2 {
        let answer = stage.client.call("batch", batch.clone()).await.1;
        assert!(answer["result"]["result"][0].is_string(), "{answer}");
    }
    stage.portal.fault_in("server.time", slow(), 1).unwrap();
    stage.client.call("batch", batch).await;
    assert_eq!(stage.client.call("server.time", json!({})).await.0, 429);
}
