use std::time::Duration;

use bizproc_portal::{Edition, Fault, Portal, RatePlan};
use serde_json::{Value, json};

use crate::fixture::{Client, Setup, UNREACHABLE, assert_refused};

/// Counts requests until the first refusal.
async fn let_through(client: &Client, at_most: usize) -> usize {
    for count in 0..at_most {
        let (status, response) = client.call("server.time", json!({})).await;
        if status != 200 {
            let refusal = (503, "QUERY_LIMIT_EXCEEDED", "Too many requests");
            assert_refused(&(status, response), refusal, "limit");
            return count;
        }
    }
    at_most
}

#[tokio::test]
async fn requests_are_limited_by_a_leaky_bucket() {
    for (plan, depth, a_second) in [(RatePlan::Standard, 50, 2), (RatePlan::Enterprise, 250, 5)] {
        let setup = Setup::with(Portal::builder().rate_plan(plan)).await;
        let first = let_through(&setup.client, depth + 40).await;
        // On a slow machine some requests leak out meanwhile.
        assert!((depth..depth + 40).contains(&first), "{plan:?}: {first}");
        setup.portal.advance(Duration::from_secs(10));
        let more = let_through(&setup.client, depth).await;
        assert!(
            (10 * a_second..10 * a_second + 20).contains(&more),
            "{plan:?}: {more}"
        );
        // All callers on one machine share the bucket, and unknown methods count as well.
        let other = setup.anonymous();
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(other.call("nonsense", json!({})).await.0);
        }
        assert!(
            statuses.contains(&503) && !statuses.contains(&401),
            "{statuses:?}"
        );
        // Another machine has a bucket of its own.
        let elsewhere = reqwest::Client::builder()
            .no_proxy()
            .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
            .build()
            .unwrap();
        let url = format!("{}nonsense", setup.portal.endpoint());
        assert_eq!(elsewhere.get(url).send().await.unwrap().status(), 404);
        setup.portal.advance(Duration::from_secs(1000));
        assert_eq!(let_through(&setup.client, 3).await, 3);
    }
    let off = Portal::builder().rate_plan(RatePlan::Off);
    let self_hosted = Portal::builder().edition(Edition::SelfHosted);
    for builder in [off, self_hosted] {
        let setup = Setup::with(builder).await;
        assert_eq!(let_through(&setup.client, 300).await, 300);
    }
}

#[tokio::test]
async fn a_batch_is_one_request() {
    let setup = Setup::start().await;
    for _ in 0..20 {
        let commands = vec!["server.time"; 50];
        let (status, _) = setup.call("batch", json!({"cmd": commands})).await;
        assert_eq!(status, 200);
    }
}

/// Makes a call that works for some seconds and returns the `time` of its response.
async fn work(setup: &Setup, seconds: f64) -> Value {
    let slow = Fault::Slow(Duration::from_secs_f64(seconds));
    setup.portal.fault_in("server.time", slow, 1).unwrap();
    let (status, response) = setup.call("server.time", json!({})).await;
    assert_eq!(status, 200, "{response}");
    response["time"].clone()
}

#[tokio::test]
async fn operating_time_is_counted_for_ten_minutes() {
    let setup = Setup::start().await;
    let time = work(&setup, 0.09).await;
    assert_eq!(time["operating"], json!(0.0));
    assert!(time["processing"].as_f64().unwrap() >= 0.09);

    let first = work(&setup, 400.0).await;
    let operating = first["operating"].as_f64().unwrap();
    assert!((400.0..401.0).contains(&operating), "{operating}");
    let start = first["start"].as_i64().unwrap();
    assert_eq!(first["operating_reset_at"], json!(start + 600));

    setup.portal.advance(Duration::from_mins(2));
    let second = work(&setup, 79.0).await;
    assert_eq!(second["operating_reset_at"], json!(start + 600));
    // The sum may reach the limit; only above it is the method blocked.
    let third = work(&setup, 5.0).await;
    assert!(third["operating"].as_f64().unwrap() > 480.0);
    setup
        .refused(
            "server.time",
            json!({}),
            (
                429,
                "OPERATION_TIME_LIMIT",
                "Method is blocked due to operation time limit.",
            ),
        )
        .await;
    let (status, response) = setup
        .call("batch", json!({"cmd": ["server.time", "profile"]}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        response["result"]["result_error"][0]["error"],
        "OPERATION_TIME_LIMIT"
    );
    // Other methods and other callers are not blocked.
    assert_eq!(setup.call("app.info", json!({})).await.0, 200);
    let webhook = setup.webhook(1);
    assert_eq!(webhook.call("server.time", json!({})).await.0, 200);

    setup.portal.advance(Duration::from_secs(481));
    let (status, response) = setup.call("server.time", json!({})).await;
    assert_eq!(status, 200, "{response}");
    let left = response["time"]["operating"].as_f64().unwrap();
    assert!((84.0..85.0).contains(&left), "{left}");
}

#[tokio::test]
async fn a_self_hosted_portal_has_a_limit_only_if_it_is_set() {
    for builder in [
        Portal::builder().operating_limit(None),
        Portal::builder().edition(Edition::SelfHosted),
    ] {
        let setup = Setup::with(builder).await;
        work(&setup, 5000.0).await;
        work(&setup, 1.0).await;
    }
    let builder = Portal::builder().edition(Edition::SelfHosted);
    let setup = Setup::with(builder.operating_limit(Some(420))).await;
    work(&setup, 421.0).await;
    assert_eq!(setup.call("server.time", json!({})).await.0, 429);
}

#[tokio::test]
async fn operating_time_is_counted_by_application_and_method() {
    let setup = Setup::start().await;
    let portal = &setup.portal;
    let other = portal.install(UNREACHABLE).await.unwrap();
    work(&setup, 500.0).await;
    let status = async |client: Client| client.call("server.time", json!({})).await.0;
    let of_user = setup.user(4);
    assert_eq!(status(of_user).await, 429);
    assert_eq!(status(setup.client_of(&other)).await, 200);
    assert_eq!(status(Client::new(portal.webhook(1), None)).await, 200);
    // The caller is identified first.
    let unknown = setup.client_with(Some("guess".to_owned()));
    assert_eq!(status(unknown).await, 401);
}

#[tokio::test]
async fn a_batch_counts_the_work_of_its_commands() {
    let setup = Setup::start().await;
    let slow = || Fault::Slow(Duration::from_secs(500));
    let batch = json!({"cmd": ["server.time"]});
    setup.portal.fault_in("batch", slow(), 1).unwrap();
    for _ in 0..2 {
        let response = setup.call("batch", batch.clone()).await.1;
        assert!(response["result"]["result"][0].is_string(), "{response}");
    }
    setup.portal.fault_in("server.time", slow(), 1).unwrap();
    setup.call("batch", batch).await;
    assert_eq!(setup.call("server.time", json!({})).await.0, 429);
}
