use bizproc_portal::{BatchRefusal, Portal};
use serde_json::{Value, json};

use crate::fixture::{Client, NOWHERE, Stage, assert_refused};

const FORM: &str = "application/x-www-form-urlencoded";

async fn batch(stage: &Stage, params: Value) -> Value {
    let (status, answer) = stage.client.call("batch", params).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["time"]["start"].is_number());
    answer["result"].clone()
}

fn add(code: &str) -> String {
    format!("bizproc.robot.add?CODE={code}&HANDLER={NOWHERE}&NAME=n")
}

#[tokio::test]
async fn answers_are_keyed_as_the_commands_are() {
    let stage = Stage::start().await;
    let result = batch(
        &stage,
        json!({"cmd": {"one": add("a"), "two": "bizproc.robot.list", "3": "bizproc.robot.add?CODE=b%20c"}}),
    )
    .await;
    assert_eq!(result["result"], json!({"one": true, "two": ["a"]}));
    assert_eq!(
        result["result_error"],
        json!({"3": {"error": "ERROR_ACTIVITY_VALIDATION_FAILURE", "error_description": "Wrong activity code!"}})
    );
    assert_eq!(
        (&result["result_total"], &result["result_next"]),
        (&json!([]), &json!([]))
    );
    let times = result["result_time"].as_object().unwrap();
    assert_eq!(times.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert!(times["one"]["date_finish"].is_string());
}

#[tokio::test]
async fn sets_that_count_from_zero_are_lists() {
    let stage = Stage::start().await;
    let result = batch(&stage, json!({"CMD": [add("a"), "bizproc.robot.list"]})).await;
    assert_eq!(result["result"], json!([true, ["a"]]));
    assert_eq!(result["result_error"], json!([]));
    let result = batch(&stage, json!({"CMD": [add("a"), "bizproc.robot.list"]})).await;
    assert_eq!(result["result"], json!({"1": ["a"]}));
    assert!(result["result_error"].is_array());
}

#[tokio::test]
async fn without_commands_all_sets_are_empty() {
    let stage = Stage::start().await;
    let empty = json!({"result": [], "result_error": [], "result_total": [], "result_next": [], "result_time": []});
    for params in [
        json!({}),
        json!({"CMD": []}),
        json!({"CMD": {}}),
        json!({"CMD": r#"{"a":"bizproc.robot.list"}"#}),
        json!({"CMD": [5, null, ["bizproc.robot.list"], {"a": 1}, true]}),
    ] {
        assert_eq!(batch(&stage, params.clone()).await, empty, "{params}");
    }
}

#[tokio::test]
async fn halt_stops_behind_the_first_error() {
    let stage = Stage::start().await;
    for (halt, stops) in [
        (json!(1), true),
        (json!(true), true),
        (json!("1"), true),
        (json!("false"), true),
        (json!("N"), true),
        (json!(0), false),
        (json!("0"), false),
        (json!(false), false),
        (json!(null), false),
        (json!(""), false),
    ] {
        let result = batch(
            &stage,
            json!({"halt": halt, "cmd": {"a": "app.info", "b": "nonsense", "c": "app.info"}}),
        )
        .await;
        let answered: Vec<_> = result["result"].as_object().unwrap().keys().collect();
        assert_eq!(
            answered,
            if stops { vec!["a"] } else { vec!["a", "c"] },
            "{halt}"
        );
        assert_eq!(
            result["result_error"],
            json!({"b": {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}})
        );
    }
}

#[tokio::test]
async fn the_fifty_first_command_is_refused_alone() {
    let stage = Stage::start().await;
    let commands = vec!["server.time"; 52];
    let result = batch(&stage, json!({"cmd": commands})).await;
    assert_eq!(result["result"].as_array().unwrap().len(), 50);
    let refused = json!({"error": "ERROR_BATCH_LENGTH_EXCEEDED", "error_description": "Max batch length exceeded"});
    assert_eq!(
        result["result_error"],
        json!({"50": refused, "51": refused})
    );
}

#[tokio::test]
async fn some_methods_are_not_allowed_inside() {
    let stage = Stage::start().await;
    let result = batch(
        &stage,
        json!({"cmd": {"a": "batch?cmd[]=app.info", "b": "download", "c": "upload?x=1", "d": "Batch", "e": "app.info.json"}}),
    )
    .await;
    let not_allowed = json!({"error": "ERROR_BATCH_METHOD_NOT_ALLOWED", "error_description": "Method is not allowed for batch usage"});
    let not_found =
        json!({"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"});
    // Compared before the name is lower-cased: `Batch` is looked up, and is no method inside a batch.
    assert_eq!(
        result["result_error"],
        json!({"a": not_allowed, "b": not_allowed, "c": not_allowed, "d": not_found, "e": not_found})
    );
}

#[tokio::test]
async fn a_portal_of_the_documentation_refuses_the_whole() {
    let stage = Stage::with(
        Portal::builder()
            .batch_overflow(BatchRefusal::WholeCall)
            .batch_forbidden(BatchRefusal::WholeCall),
    )
    .await;
    let answer = stage
        .client
        .call("batch", json!({"cmd": vec!["server.time"; 51]}))
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_BATCH_LENGTH_EXCEEDED",
        "Max batch length exceeded",
        "51",
    );
    let answer = stage
        .client
        .call("batch", json!({"cmd": ["server.time", "batch"]}))
        .await;
    assert_refused(
        &answer,
        405,
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "Method is not allowed for batch usage",
        "batch",
    );
    assert!(batch(&stage, json!({"cmd": ["server.time"]})).await["result"][0].is_string());
}

#[tokio::test]
async fn commands_are_read_as_addresses() {
    let stage = Stage::start().await;
    let result = batch(
        &stage,
        json!({"cmd": {
            "cut": format!("{}#&CODE=other", add("a")),
            "case": "BIZPROC.Robot.List?",
            "slash": "/bizproc.robot.list",
            "nested": "bizproc.robot.add?CODE=c&HANDLER=https%3A%2F%2Fapp.example%2Fh%3Fa%3D1&NAME[en]=x+y&PROPERTIES[p][NAME]=p",
            "list": "bizproc.robot.list?anything=1",
        }}),
    )
    .await;
    assert_eq!(
        result["result"],
        json!({"cut": true, "case": ["a"], "nested": true, "list": ["a", "c"]})
    );
    assert_eq!(
        result["result_error"]["slash"]["error"],
        "ERROR_METHOD_NOT_FOUND"
    );
    let stored = &stage.portal.robots()[1].fields;
    assert_eq!(stored["HANDLER"], "https://app.example/h?a=1");
    assert_eq!(stored["NAME"], json!({"EN": "x y"}));
}

#[tokio::test]
async fn a_form_and_a_query_carry_commands_too() {
    let stage = Stage::start().await;
    let token = stage.installation.access_token();
    let body = format!("halt=0&cmd[a]=bizproc.robot.list&cmd[b]=server.time&auth={token}");
    let (_, answer) = stage.client.raw("batch.json", FORM, body.clone()).await;
    assert_eq!(answer["result"]["result"]["a"], json!([]));
    let (_, answer) = stage.client.get(&format!("batch?{body}")).await;
    assert!(answer["result"]["result"]["b"].is_string());
}

#[tokio::test]
async fn a_command_takes_from_the_answers_before_it() {
    let stage = Stage::start().await;
    let result = batch(
        &stage,
        json!({"cmd": {
            "who": "app.info",
            "one": format!("bizproc.robot.add?CODE=r$result[who][ID]&HANDLER={NOWHERE}&NAME=$result[who][LANGUAGE_ID]"),
            "two": format!("bizproc.robot.add?CODE=s&HANDLER={NOWHERE}&NAME=language+$result[who][LANGUAGE_ID]+here"),
        }}),
    )
    .await;
    assert_eq!(
        (&result["result"]["one"], &result["result"]["two"]),
        (&json!(true), &json!(true)),
        "{result}"
    );
    let robots = stage.portal.robots();
    assert_eq!(
        (robots[0].code.as_str(), &robots[0].fields["NAME"]),
        ("r1", &json!({"*": "en"}))
    );
    assert_eq!(robots[1].fields["NAME"], json!({"*": "language en here"}));
}

#[tokio::test]
async fn scope_is_checked_for_each_command() {
    let stage = Stage::with(Portal::builder().scope(["crm"])).await;
    let result = batch(
        &stage,
        json!({"cmd": {"a": "bizproc.robot.list", "b": "server.time"}}),
    )
    .await;
    assert_eq!(
        result["result_error"],
        json!({"a": {"error": "insufficient_scope", "error_description": ""}})
    );
    assert!(result["result"]["b"].is_string());
}

#[tokio::test]
async fn the_caller_is_the_batchs_own() {
    let stage = Stage::start().await;
    let stranger = stage.installation.token_of(2);
    // A token inside a command changes nothing.
    let result = batch(&stage, json!({"cmd": [format!("profile?auth={stranger}")]})).await;
    assert_eq!(result["result"][0]["ID"], "1");
    let nobody = stage.client_with(None);
    let answer = nobody
        .call(
            "batch",
            json!({"cmd": [format!("profile?auth={stranger}")]}),
        )
        .await;
    assert_refused(
        &answer,
        401,
        "NO_AUTH_FOUND",
        "Wrong authorization data",
        "no token",
    );
    let (status, answer) = Client::new(stage.portal.webhook(3), None)
        .call("batch", json!({"cmd": ["profile", "bizproc.robot.list"]}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(answer["result"]["result"][0]["ID"], "3");
    assert_eq!(
        answer["result"]["result_error"]["1"]["error_description"],
        "Access denied! Application context required"
    );
}

#[tokio::test]
async fn each_half_of_the_documentations_rule_has_its_switch() {
    let overflow = Portal::builder().batch_overflow(BatchRefusal::WholeCall);
    let forbidden = Portal::builder().batch_forbidden(BatchRefusal::WholeCall);
    for (builder, too_many, not_allowed) in [(overflow, 400, 200), (forbidden, 200, 405)] {
        let stage = Stage::with(builder).await;
        let call =
            async |commands: Value| stage.client.call("batch", json!({"cmd": commands})).await.0;
        assert_eq!(call(json!(vec!["server.time"; 51])).await, too_many);
        assert_eq!(call(json!(["download"])).await, not_allowed);
    }
}

#[tokio::test]
async fn what_is_too_much_halts_too() {
    let stage = Stage::start().await;
    let commands = vec!["server.time"; 53];
    let result = batch(&stage, json!({"halt": 1, "cmd": commands})).await;
    let refused = result["result_error"].as_object().unwrap();
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["50"]);
    // What is no text has no answer, but counts.
    let mut commands = vec![json!(5); 50];
    commands.push(json!("server.time"));
    let result = batch(&stage, json!({"cmd": commands})).await;
    assert_eq!(result["result"], json!([]));
    assert_eq!(
        result["result_error"]["50"]["error"],
        "ERROR_BATCH_LENGTH_EXCEEDED"
    );
}

#[tokio::test]
async fn errors_say_all_they_have_and_names_hold_no_references() {
    let stage = Stage::start().await;
    let result = batch(
        &stage,
        json!({"cmd": {"bind": "event.bind?event=", "list": "bizproc.robot.list?$result[bind][ID]=1"}}),
    )
    .await;
    assert_eq!(result["result_error"]["bind"]["argument"], "EVENT");
    assert_eq!(result["result"]["list"], json!([]));
}
