use bizproc_portal::{Platform, Portal};
use serde_json::{Value, json};

use crate::fixture::{Client, NOWHERE, Stage, VALIDATION, assert_refused, with};

#[tokio::test]
async fn keys_are_folded() {
    let stage = Stage::start().await;
    let sent = json!({
        "code": "fold", "Handler": NOWHERE, "name": {"ru": "р", "en": "e"}, "use_subscription": "Y",
        "properties": {"fooBar": {
            "Name": {"en": "n"}, "type": "select", "Options": {"Docx": "D", "docx": "d"}, "Default": {"k": "v"},
            "settings": {"camelCase": 1},
        }},
        "Filter": {"include": [["crm", "CCrmDocumentDeal"]], "Exclude": ["box"]},
        "nonsense": 1,
    });
    stage.client.ok("bizproc.robot.add", sent).await;
    let robots = stage.portal.robots();
    assert_eq!(
        robots[0].fields,
        json!({
            "CODE": "fold",
            "HANDLER": NOWHERE,
            "PROPERTIES": {"fooBar": {
                "NAME": {"EN": "n"}, "TYPE": "select", "OPTIONS": {"Docx": "D", "docx": "d"}, "DEFAULT": {"K": "v"},
                "SETTINGS": {"CAMELCASE": 1},
            }},
            "FILTER": {"INCLUDE": [["crm", "CCrmDocumentDeal"]], "EXCLUDE": ["box"]},
            "NAME": {"RU": "р", "EN": "e"},
            "AUTH_USER_ID": 0,
            "USE_SUBSCRIPTION": "Y",
            "USE_PLACEMENT": "N",
        })
    );

    for id in ["PROPERTIES", "RETURN_PROPERTIES", "OPTIONS"] {
        let trap = with(json!({"CODE": id, "Properties": {id: {"Name": "x"}}}));
        let answer = stage.client.call("bizproc.robot.add", trap).await;
        assert_refused(
            &answer,
            400,
            VALIDATION,
            &format!("Empty property NAME ({id})!"),
            id,
        );
        let upper = with(json!({"CODE": id, "Properties": {id: {"NAME": "x"}}}));
        stage.client.ok("bizproc.robot.add", upper).await;
    }

    // The later of two spellings wins, on update at any depth as well.
    let update =
        json!({"Code": "wrong", "code": "fold", "fields": {"Name": "one", "NAME": {"de": "zwei"}}});
    stage.client.ok("bizproc.robot.update", update).await;
    assert_eq!(
        stage.portal.robots()[0].fields["NAME"],
        json!({"DE": "zwei"})
    );
}

#[tokio::test]
async fn add_checks_in_order() {
    let stage = Stage::start().await;
    stage
        .client
        .ok("bizproc.robot.add", with(json!({"CODE": "used"})))
        .await;
    let wrong =
        json!({"CODE": "", "HANDLER": "", "NAME": "", "PROPERTIES": "x", "USE_PLACEMENT": "Y"});

    let webhook = Client::new(stage.portal.webhook(4), None);
    for method in [
        "bizproc.robot.add",
        "bizproc.activity.update",
        "bizproc.robot.delete",
        "bizproc.robot.list",
    ] {
        let answer = webhook.call(method, wrong.clone()).await;
        assert_refused(
            &answer,
            403,
            "ACCESS_DENIED",
            "Access denied! Application context required",
            method,
        );
        let user = stage.client_with(Some(stage.installation.token_of(4)));
        let answer = user.call(method, wrong.clone()).await;
        assert_refused(&answer, 403, "ACCESS_DENIED", "Access denied!", method);
    }

    let rows = [
        (json!({}), VALIDATION, "Empty data!"),
        (
            json!({"CODE": "a b", "HANDLER": "x", "NAME": ""}),
            VALIDATION,
            "Wrong activity code!",
        ),
        (
            json!({"CODE": "a", "HANDLER": "ftp://app.example", "NAME": ""}),
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported handler protocol",
        ),
        (
            with(json!({"NAME": "", "PROPERTIES": "x"})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            with(json!({"NAME": "0"})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            with(json!({"NAME": []})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            with(json!({"NAME": null})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            with(json!({"PROPERTIES": "x", "DOCUMENT_TYPE": "x"})),
            VALIDATION,
            "Wrong properties array!",
        ),
        (
            with(json!({"RETURN_PROPERTIES": "x", "FILTER": "x"})),
            VALIDATION,
            "Wrong properties array!",
        ),
        (
            with(json!({"CODE": "used", "FILTER": "x"})),
            VALIDATION,
            "Wrong activity FILTER!",
        ),
        (
            with(json!({"CODE": "used", "USE_PLACEMENT": "Y"})),
            "ERROR_ACTIVITY_ALREADY_INSTALLED",
            "Activity or Robot already installed!",
        ),
        (
            with(json!({"USE_PLACEMENT": "Y"})),
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ),
        (
            with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "ftp://a.b"})),
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported handler protocol",
        ),
    ];
    for method in ["bizproc.robot.add", "bizproc.activity.add"] {
        for (params, code, text) in &rows {
            let answer = stage.client.call(method, params.clone()).await;
            assert_refused(&answer, 400, code, text, &format!("{method} {params}"));
        }
        // A map of empty texts is not an empty name.
        let unnamed = with(json!({"CODE": method, "NAME": {"en": ""}}));
        stage.client.ok(method, unnamed).await;
    }
}

#[tokio::test]
async fn robots_and_activities_share_one_namespace() {
    let stage = Stage::start().await;
    stage
        .client
        .ok("bizproc.robot.add", with(json!({"CODE": "Foo"})))
        .await;
    stage
        .client
        .ok("bizproc.robot.add", with(json!({"CODE": "foo"})))
        .await;
    let answer = stage
        .client
        .call("bizproc.activity.add", with(json!({"CODE": "foo"})))
        .await;
    let text = "Activity or Robot already installed!";
    assert_refused(
        &answer,
        400,
        "ERROR_ACTIVITY_ALREADY_INSTALLED",
        text,
        "activity",
    );

    // Another application has its own.
    let second = stage
        .portal
        .install(&format!("{}/other", stage.app.url))
        .await
        .unwrap();
    let other = stage.client_with(Some(second.access_token()));
    other
        .ok("bizproc.robot.add", with(json!({"CODE": "foo"})))
        .await;
    assert_eq!(
        other.call("bizproc.robot.list", json!({})).await.1["result"],
        json!(["foo"])
    );
    assert_eq!(
        stage
            .client
            .call("bizproc.robot.list", json!({"x": 1}))
            .await
            .1["result"],
        json!(["Foo", "foo"])
    );
    assert_eq!(
        stage
            .client
            .call("bizproc.activity.list", json!({}))
            .await
            .1["result"],
        json!([])
    );
}

#[tokio::test]
async fn placements_are_unique() {
    let stage = Stage::start().await;
    let placed = |code: &str, url: &str| {
        with(
            json!({"CODE": code, "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": format!("https://app.example/{url}")}),
        )
    };
    let text = "Unable to set placement handler: Handler already binded";
    stage
        .client
        .ok("bizproc.robot.add", placed("one", "1"))
        .await;
    let answer = stage
        .client
        .call("bizproc.robot.add", placed("two", "1"))
        .await;
    assert_refused(&answer, 400, "ERROR_CORE", text, "same address");
    stage
        .client
        .ok("bizproc.robot.add", placed("two", "2"))
        .await;

    let second = stage
        .portal
        .install(&format!("{}/other", stage.app.url))
        .await
        .unwrap();
    let other = stage.client_with(Some(second.access_token()));
    let answer = other.call("bizproc.activity.add", placed("one", "9")).await;
    assert_refused(
        &answer,
        400,
        "ERROR_CORE",
        text,
        "same code of another application",
    );
    other.ok("bizproc.activity.add", placed("three", "1")).await;

    // Only the exact letter asks for a page.
    for (number, flag) in [json!("y"), json!(true), json!("1"), json!("N")]
        .into_iter()
        .enumerate()
    {
        let params = json!({"CODE": format!("no{number}"), "USE_PLACEMENT": flag, "PLACEMENT_HANDLER": "bad"});
        stage.client.ok("bizproc.robot.add", with(params)).await;
    }

    let update = |fields: Value| json!({"CODE": "two", "FIELDS": fields});
    let taken = json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/1"});
    let answer = stage
        .client
        .call("bizproc.robot.update", update(taken.clone()))
        .await;
    let text =
        "Unable to set placement handler: You should use unique placement handler for each CODE!";
    assert_refused(&answer, 400, "ERROR_CORE", text, "update");
    stage
        .client
        .ok(
            "bizproc.robot.update",
            update(json!({"USE_PLACEMENT": "N"})),
        )
        .await;
    // Switched off, the code and the address are free again.
    other.ok("bizproc.robot.add", placed("two", "2")).await;
    stage
        .client
        .ok("bizproc.robot.delete", json!({"CODE": "one"}))
        .await;
    stage
        .client
        .ok("bizproc.robot.update", update(taken.clone()))
        .await;

    let old = Stage::with(Portal::builder().platform(Platform::v24())).await;
    old.client.ok("bizproc.robot.add", placed("one", "1")).await;
    old.client.ok("bizproc.robot.add", placed("two", "2")).await;
    let answer = old.client.call("bizproc.robot.update", update(taken)).await;
    assert_refused(
        &answer,
        500,
        "ERROR_CORE",
        "SQL query error!",
        "update before 26",
    );
}

#[tokio::test]
async fn what_is_too_large_is_not_stored() {
    let stage = Stage::start().await;
    let failure = ("ERROR_ACTIVITY_ADD_FAILURE", "Activity save error!");
    // `a:1:{s:1:"a";a:1:{s:4:"NAME";s:65493:"…";}}` is 65535 bytes long.
    let properties = |length: usize| json!({"a": {"NAME": "x".repeat(length)}});
    let address = |length: usize| format!("{NOWHERE}{}", "x".repeat(length - NOWHERE.len()));
    for changes in [
        json!({"CODE": "x".repeat(129)}),
        json!({"HANDLER": address(1001)}),
        json!({"PROPERTIES": properties(65493)}),
        json!({"RETURN_PROPERTIES": properties(70000)}),
    ] {
        let mut params = with(changes.clone());
        params["USE_PLACEMENT"] = json!("Y");
        params["PLACEMENT_HANDLER"] = json!("https://app.example/p");
        let answer = stage.client.call("bizproc.robot.add", params).await;
        assert_refused(
            &answer,
            400,
            failure.0,
            failure.1,
            &changes.to_string()[..40.min(changes.to_string().len())],
        );
    }
    // The page that was set on the way is gone again, so the same address can be used.
    let most = json!({
        "CODE": "x".repeat(128), "HANDLER": address(1000), "PROPERTIES": properties(65492),
        "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p",
    });
    stage.client.ok("bizproc.robot.add", with(most)).await;
    let update = json!({"CODE": "x".repeat(128), "FIELDS": {"HANDLER": address(1001), "PROPERTIES": properties(65493)}});
    let (status, answer) = stage.client.call("bizproc.robot.update", update).await;
    assert_eq!((status, &answer["error"]), (400, &json!(VALIDATION)));
    let text = answer["error_description"].as_str().unwrap();
    assert!(
        text.contains("HANDLER") && text.contains("PROPERTIES"),
        "{text}"
    );
    let answer = stage
        .client
        .call(
            "bizproc.robot.add",
            with(json!({"NAME": "n".repeat(66000)})),
        )
        .await;
    assert_refused(
        &answer,
        500,
        "ERROR_CORE",
        "SQL query error!",
        "a name beyond its column",
    );
}
