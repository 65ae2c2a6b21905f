use bizproc_portal::{Platform, Portal};
use serde_json::{Value, json};

use crate::fixture::{
    DENIED, NO_APPLICATION, NOWHERE, SQL_ERROR, Setup, VALIDATION, assert_refused, invalid,
    robot_with,
};

#[tokio::test]
async fn keys_are_folded() {
    let setup = Setup::start().await;
    let sent = json!({
        "code": "fold", "Handler": NOWHERE, "name": {"ru": "р", "en": "e"}, "use_subscription": "Y",
        "properties": {"fooBar": {
            "Name": {"en": "n"}, "type": "select", "Options": {"Docx": "D", "docx": "d"}, "Default": {"k": "v"},
            "settings": {"camelCase": 1},
        }},
        "Filter": {"include": [["crm", "CCrmDocumentDeal"]], "Exclude": ["box"]},
        "nonsense": 1,
    });
    setup.ok("bizproc.robot.add", sent).await;
    let robots = setup.portal.robots();
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
        let trap = robot_with(json!({"CODE": id, "Properties": {id: {"Name": "x"}}}));
        setup
            .refused(
                "bizproc.robot.add",
                trap,
                invalid(&format!("Empty property NAME ({id})!")),
            )
            .await;
        let upper = robot_with(json!({"CODE": id, "Properties": {id: {"NAME": "x"}}}));
        setup.ok("bizproc.robot.add", upper).await;
    }

    // The later of two spellings wins, on update at any depth as well.
    let update =
        json!({"Code": "wrong", "code": "fold", "fields": {"Name": "one", "NAME": {"de": "zwei"}}});
    setup.ok("bizproc.robot.update", update).await;
    assert_eq!(
        setup.portal.robots()[0].fields["NAME"],
        json!({"DE": "zwei"})
    );
}

#[tokio::test]
async fn add_checks_in_order() {
    let setup = Setup::start().await;
    setup
        .ok("bizproc.robot.add", robot_with(json!({"CODE": "used"})))
        .await;
    let wrong =
        json!({"CODE": "", "HANDLER": "", "NAME": "", "PROPERTIES": "x", "USE_PLACEMENT": "Y"});

    let webhook = setup.webhook(4);
    for method in [
        "bizproc.robot.add",
        "bizproc.activity.update",
        "bizproc.robot.delete",
        "bizproc.robot.list",
    ] {
        webhook.refused(method, &wrong, NO_APPLICATION).await;
        let user = setup.user(4);
        user.refused(method, &wrong, DENIED).await;
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
            robot_with(json!({"NAME": "", "PROPERTIES": "x"})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            robot_with(json!({"NAME": "0"})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            robot_with(json!({"NAME": []})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            robot_with(json!({"NAME": null})),
            VALIDATION,
            "Empty activity NAME!",
        ),
        (
            robot_with(json!({"PROPERTIES": "x", "DOCUMENT_TYPE": "x"})),
            VALIDATION,
            "Wrong properties array!",
        ),
        (
            robot_with(json!({"RETURN_PROPERTIES": "x", "FILTER": "x"})),
            VALIDATION,
            "Wrong properties array!",
        ),
        (
            robot_with(json!({"CODE": "used", "FILTER": "x"})),
            VALIDATION,
            "Wrong activity FILTER!",
        ),
        (
            robot_with(json!({"CODE": "used", "USE_PLACEMENT": "Y"})),
            "ERROR_ACTIVITY_ALREADY_INSTALLED",
            "Activity or Robot already installed!",
        ),
        (
            robot_with(json!({"USE_PLACEMENT": "Y"})),
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ),
        (
            robot_with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "ftp://a.b"})),
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported handler protocol",
        ),
    ];
    for method in ["bizproc.robot.add", "bizproc.activity.add"] {
        for (params, code, text) in &rows {
            setup.refused(method, params, (400, code, text)).await;
        }
        // A map of empty texts is not an empty name.
        let unnamed = robot_with(json!({"CODE": method, "NAME": {"en": ""}}));
        setup.ok(method, unnamed).await;
    }
}

#[tokio::test]
async fn robots_and_activities_share_one_namespace() {
    let setup = Setup::start().await;
    setup
        .ok("bizproc.robot.add", robot_with(json!({"CODE": "Foo"})))
        .await;
    setup
        .ok("bizproc.robot.add", robot_with(json!({"CODE": "foo"})))
        .await;
    let text = "Activity or Robot already installed!";
    setup
        .refused(
            "bizproc.activity.add",
            robot_with(json!({"CODE": "foo"})),
            (400, "ERROR_ACTIVITY_ALREADY_INSTALLED", text),
        )
        .await;

    // Another application has its own.
    let second = setup
        .portal
        .install(&format!("{}/other", setup.app.url))
        .await
        .unwrap();
    let other = setup.client_of(&second);
    other
        .ok("bizproc.robot.add", robot_with(json!({"CODE": "foo"})))
        .await;
    assert_eq!(
        other.call("bizproc.robot.list", json!({})).await.1["result"],
        json!(["foo"])
    );
    assert_eq!(
        setup.call("bizproc.robot.list", json!({"x": 1})).await.1["result"],
        json!(["Foo", "foo"])
    );
    assert_eq!(
        setup.call("bizproc.activity.list", json!({})).await.1["result"],
        json!([])
    );
}

#[tokio::test]
async fn placements_are_unique() {
    let setup = Setup::start().await;
    let placed = |code: &str, url: &str| {
        robot_with(
            json!({"CODE": code, "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": format!("https://app.example/{url}")}),
        )
    };
    let text = "Unable to set placement handler: Handler already binded";
    setup.ok("bizproc.robot.add", placed("one", "1")).await;
    setup
        .refused(
            "bizproc.robot.add",
            placed("two", "1"),
            (400, "ERROR_CORE", text),
        )
        .await;
    setup.ok("bizproc.robot.add", placed("two", "2")).await;

    let second = setup
        .portal
        .install(&format!("{}/other", setup.app.url))
        .await
        .unwrap();
    let other = setup.client_of(&second);
    other
        .refused(
            "bizproc.activity.add",
            placed("one", "9"),
            (400, "ERROR_CORE", text),
        )
        .await;
    other.ok("bizproc.activity.add", placed("three", "1")).await;

    // Only the exact letter asks for a page.
    for (number, flag) in [json!("y"), json!(true), json!("1"), json!("N")]
        .into_iter()
        .enumerate()
    {
        let params = json!({"CODE": format!("no{number}"), "USE_PLACEMENT": flag, "PLACEMENT_HANDLER": "bad"});
        setup.ok("bizproc.robot.add", robot_with(params)).await;
    }

    let update = |fields: Value| json!({"CODE": "two", "FIELDS": fields});
    let taken = json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/1"});
    let response = setup
        .call("bizproc.robot.update", update(taken.clone()))
        .await;
    let text =
        "Unable to set placement handler: You should use unique placement handler for each CODE!";
    assert_refused(&response, (400, "ERROR_CORE", text), "update");
    setup
        .ok(
            "bizproc.robot.update",
            update(json!({"USE_PLACEMENT": "N"})),
        )
        .await;
    // Switched off, the code and the address are free again.
    other.ok("bizproc.robot.add", placed("two", "2")).await;
    setup
        .ok("bizproc.robot.delete", json!({"CODE": "one"}))
        .await;
    setup
        .ok("bizproc.robot.update", update(taken.clone()))
        .await;

    let old = Setup::with(Portal::builder().platform(Platform::v24())).await;
    old.client.ok("bizproc.robot.add", placed("one", "1")).await;
    old.client.ok("bizproc.robot.add", placed("two", "2")).await;
    old.client
        .refused("bizproc.robot.update", update(taken), SQL_ERROR)
        .await;
}

#[tokio::test]
async fn what_is_too_large_is_not_stored() {
    let setup = Setup::start().await;
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
        let mut params = robot_with(changes.clone());
        params["USE_PLACEMENT"] = json!("Y");
        params["PLACEMENT_HANDLER"] = json!("https://app.example/p");
        setup
            .refused("bizproc.robot.add", params, (400, failure.0, failure.1))
            .await;
    }
    // The page that was set on the way is gone again, so the same address can be used.
    let most = json!({
        "CODE": "x".repeat(128), "HANDLER": address(1000), "PROPERTIES": properties(65492),
        "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p",
    });
    setup.ok("bizproc.robot.add", robot_with(most)).await;
    let update = json!({"CODE": "x".repeat(128), "FIELDS": {"HANDLER": address(1001), "PROPERTIES": properties(65493)}});
    let (status, response) = setup.call("bizproc.robot.update", update).await;
    assert_eq!((status, &response["error"]), (400, &json!(VALIDATION)));
    let text = response["error_description"].as_str().unwrap();
    assert!(
        text.contains("HANDLER") && text.contains("PROPERTIES"),
        "{text}"
    );
    setup
        .refused(
            "bizproc.robot.add",
            robot_with(json!({"NAME": "n".repeat(66000)})),
            SQL_ERROR,
        )
        .await;
}
