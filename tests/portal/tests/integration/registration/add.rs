use bizproc_portal::{Platform, Portal};
use serde_json::{Value, json};

use crate::fixture::{
    CODE_IN_USE, DENIED, NO_APPLICATION, NOWHERE, Refusal, SQL_ERROR, Setup, VALIDATION,
    WRONG_PROTOCOL, WRONG_URL, changed, invalid, robot_with,
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
        let text = format!("Empty property NAME ({id})!");
        setup
            .refused("bizproc.robot.add", trap, invalid(&text))
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

/// Parameters that are refused, by the first check that they fail.
#[rustfmt::skip]
fn wrong_additions() -> Vec<(Value, Refusal<'static>)> {
    vec![
        (json!({}), invalid("Empty data!")),
        (json!({"CODE": "a b", "HANDLER": "x", "NAME": ""}), invalid("Wrong activity code!")),
        (json!({"CODE": "a", "HANDLER": "ftp://app.example", "NAME": ""}), WRONG_PROTOCOL),
        (robot_with(json!({"NAME": "", "PROPERTIES": "x"})), invalid("Empty activity NAME!")),
        (robot_with(json!({"NAME": "0"})), invalid("Empty activity NAME!")),
        (robot_with(json!({"NAME": []})), invalid("Empty activity NAME!")),
        (robot_with(json!({"NAME": null})), invalid("Empty activity NAME!")),
        (robot_with(json!({"PROPERTIES": "x", "DOCUMENT_TYPE": "x"})), invalid("Wrong properties array!")),
        (robot_with(json!({"RETURN_PROPERTIES": "x", "FILTER": "x"})), invalid("Wrong properties array!")),
        (robot_with(json!({"CODE": "used", "FILTER": "x"})), invalid("Wrong activity FILTER!")),
        (robot_with(json!({"CODE": "used", "USE_PLACEMENT": "Y"})), CODE_IN_USE),
        (robot_with(json!({"USE_PLACEMENT": "Y"})), WRONG_URL),
        (robot_with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "ftp://a.b"})), WRONG_PROTOCOL),
    ]
}

#[tokio::test]
async fn add_checks_in_order() {
    let setup = Setup::start().await;
    let used = robot_with(json!({"CODE": "used"}));
    setup.ok("bizproc.robot.add", used).await;
    let wrong =
        json!({"CODE": "", "HANDLER": "", "NAME": "", "PROPERTIES": "x", "USE_PLACEMENT": "Y"});

    for method in [
        "bizproc.robot.add",
        "bizproc.activity.update",
        "bizproc.robot.delete",
        "bizproc.robot.list",
    ] {
        let webhook = setup.webhook(4);
        webhook.refused(method, &wrong, NO_APPLICATION).await;
        setup.user(4).refused(method, &wrong, DENIED).await;
    }
    for method in ["bizproc.robot.add", "bizproc.activity.add"] {
        for (params, refusal) in wrong_additions() {
            setup.refused(method, params, refusal).await;
        }
        // A map of empty texts is not an empty name.
        let unnamed = robot_with(json!({"CODE": method, "NAME": {"en": ""}}));
        setup.ok(method, unnamed).await;
    }
}

#[tokio::test]
async fn robots_and_activities_share_one_namespace() {
    let setup = Setup::start().await;
    for code in ["Foo", "foo"] {
        let robot = robot_with(json!({"CODE": code}));
        setup.ok("bizproc.robot.add", robot).await;
    }
    let activity = robot_with(json!({"CODE": "foo"}));
    setup
        .refused("bizproc.activity.add", &activity, CODE_IN_USE)
        .await;

    // Another application has its own.
    let (_, other) = setup.other_application().await;
    other.ok("bizproc.robot.add", activity).await;
    let theirs = other.result("bizproc.robot.list", json!({})).await;
    assert_eq!(theirs, json!(["foo"]));
    let robots = setup.result("bizproc.robot.list", json!({"x": 1})).await;
    assert_eq!(robots, json!(["Foo", "foo"]));
    let activities = setup.result("bizproc.activity.list", json!({})).await;
    assert_eq!(activities, json!([]));
}

fn placed(code: &str, path: &str) -> Value {
    let page = format!("https://app.example/{path}");
    robot_with(json!({"CODE": code, "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": page}))
}

const PLACEMENT_IN_USE: Refusal<'static> = (
    400,
    "ERROR_CORE",
    "Unable to set placement handler: Handler already binded",
);

#[tokio::test]
async fn placements_are_unique() {
    let setup = Setup::start().await;
    setup.ok("bizproc.robot.add", placed("one", "1")).await;
    let same_address = placed("two", "1");
    setup
        .refused("bizproc.robot.add", same_address, PLACEMENT_IN_USE)
        .await;
    setup.ok("bizproc.robot.add", placed("two", "2")).await;

    let (_, other) = setup.other_application().await;
    let same_code = placed("one", "9");
    other
        .refused("bizproc.activity.add", same_code, PLACEMENT_IN_USE)
        .await;
    other.ok("bizproc.activity.add", placed("three", "1")).await;

    // Only the exact letter asks for a page.
    for (number, flag) in [json!("y"), json!(true), json!("1"), json!("N")]
        .into_iter()
        .enumerate()
    {
        let code = format!("no{number}");
        let params = json!({"CODE": code, "USE_PLACEMENT": flag, "PLACEMENT_HANDLER": "bad"});
        setup.ok("bizproc.robot.add", robot_with(params)).await;
    }

    let update = |fields: Value| json!({"CODE": "two", "FIELDS": fields});
    let in_use = json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/1"});
    let text =
        "Unable to set placement handler: You should use unique placement handler for each CODE!";
    let refusal = (400, "ERROR_CORE", text);
    setup
        .refused("bizproc.robot.update", update(in_use.clone()), refusal)
        .await;
    let off = update(json!({"USE_PLACEMENT": "N"}));
    setup.ok("bizproc.robot.update", off).await;
    // Switched off, the code and the address are free again.
    other.ok("bizproc.robot.add", placed("two", "2")).await;
    let one = json!({"CODE": "one"});
    setup.ok("bizproc.robot.delete", one).await;
    setup
        .ok("bizproc.robot.update", update(in_use.clone()))
        .await;

    let old = Setup::with(Portal::builder().platform(Platform::v24())).await;
    old.ok("bizproc.robot.add", placed("one", "1")).await;
    old.ok("bizproc.robot.add", placed("two", "2")).await;
    old.refused("bizproc.robot.update", update(in_use), SQL_ERROR)
        .await;
}

#[tokio::test]
async fn registrations_that_are_too_large_are_refused() {
    let setup = Setup::start().await;
    // `a:1:{s:1:"a";a:1:{s:4:"NAME";s:65493:"…";}}` is 65535 bytes long.
    let properties = |length: usize| json!({"a": {"NAME": "x".repeat(length)}});
    let address = |length: usize| format!("{NOWHERE}{}", "x".repeat(length - NOWHERE.len()));
    let placed = json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": "https://app.example/p"});
    for changes in [
        json!({"CODE": "x".repeat(129)}),
        json!({"HANDLER": address(1001)}),
        json!({"PROPERTIES": properties(65493)}),
        json!({"RETURN_PROPERTIES": properties(70000)}),
    ] {
        let params = changed(robot_with(changes), &placed);
        let failure = (400, "ERROR_ACTIVITY_ADD_FAILURE", "Activity save error!");
        setup.refused("bizproc.robot.add", params, failure).await;
    }
    // A refusal removes the page that it has set, so the same address can be used.
    let code = "x".repeat(128);
    let most = json!({"CODE": code, "HANDLER": address(1000), "PROPERTIES": properties(65492)});
    let params = changed(robot_with(most), &placed);
    setup.ok("bizproc.robot.add", params).await;
    let fields = json!({"HANDLER": address(1001), "PROPERTIES": properties(65493)});
    let update = json!({"CODE": code, "FIELDS": fields});
    let (status, response) = setup.call("bizproc.robot.update", update).await;
    assert_eq!((status, &response["error"]), (400, &json!(VALIDATION)));
    let text = response["error_description"].as_str().unwrap();
    assert!(
        text.contains("HANDLER") && text.contains("PROPERTIES"),
        "{text}"
    );
    // A name beyond its column.
    let long = robot_with(json!({"NAME": "n".repeat(66000)}));
    setup.refused("bizproc.robot.add", long, SQL_ERROR).await;
}
