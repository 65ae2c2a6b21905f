use bizproc_portal::{BatchRefusal, Portal};
use serde_json::{Value, json};

use crate::fixture::{FORM, NO_TOKEN, NOWHERE, Setup};

async fn batch(setup: &Setup, params: Value) -> Value {
    let (status, response) = setup.call("batch", params).await;
    assert_eq!(status, 200, "{response}");
    assert!(response["time"]["start"].is_number());
    response["result"].clone()
}

fn add(code: &str) -> String {
    format!("bizproc.robot.add?CODE={code}&HANDLER={NOWHERE}&NAME=n")
}

#[tokio::test]
async fn results_are_keyed_as_the_commands_are() {
    let setup = Setup::start().await;
    let result = batch(
        &setup,
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
    let setup = Setup::start().await;
    let result = batch(&setup, json!({"CMD": [add("a"), "bizproc.robot.list"]})).await;
    assert_eq!(result["result"], json!([true, ["a"]]));
    assert_eq!(result["result_error"], json!([]));
    let result = batch(&setup, json!({"CMD": [add("a"), "bizproc.robot.list"]})).await;
    assert_eq!(result["result"], json!({"1": ["a"]}));
    assert!(result["result_error"].is_array());
}

#[tokio::test]
async fn without_commands_all_sets_are_empty() {
    let setup = Setup::start().await;
    let empty = json!({"result": [], "result_error": [], "result_total": [], "result_next": [], "result_time": []});
    for params in [
        json!({}),
        json!({"CMD": []}),
        json!({"CMD": {}}),
        json!({"CMD": r#"{"a":"bizproc.robot.list"}"#}),
        json!({"CMD": [5, null, ["bizproc.robot.list"], {"a": 1}, true]}),
    ] {
        assert_eq!(batch(&setup, params.clone()).await, empty, "{params}");
    }
}

#[tokio::test]
async fn halt_stops_after_the_first_error() {
    let setup = Setup::start().await;
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
            &setup,
            json!({"halt": halt, "cmd": {"a": "app.info", "b": "nonsense", "c": "app.info"}}),
        )
        .await;
        let commands: Vec<_> = result["result"].as_object().unwrap().keys().collect();
        assert_eq!(
            commands,
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
    let setup = Setup::start().await;
    let commands = vec!["server.time"; 52];
    let result = batch(&setup, json!({"cmd": commands})).await;
    assert_eq!(result["result"].as_array().unwrap().len(), 50);
    let refused = json!({"error": "ERROR_BATCH_LENGTH_EXCEEDED", "error_description": "Max batch length exceeded"});
    assert_eq!(
        result["result_error"],
        json!({"50": refused, "51": refused})
    );
}

#[tokio::test]
async fn some_methods_are_not_allowed_inside_a_batch() {
    let setup = Setup::start().await;
    let result = batch(
        &setup,
        json!({"cmd": {"a": "batch?cmd[]=app.info", "b": "download", "c": "upload?x=1", "d": "Batch", "e": "app.info.json"}}),
    )
    .await;
    let not_allowed = json!({"error": "ERROR_BATCH_METHOD_NOT_ALLOWED", "error_description": "Method is not allowed for batch usage"});
    let not_found =
        json!({"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"});
    // Names are compared before they are lower-cased: `Batch` is looked up, and does not exist inside a batch.
    assert_eq!(
        result["result_error"],
        json!({"a": not_allowed, "b": not_allowed, "c": not_allowed, "d": not_found, "e": not_found})
    );
}

#[tokio::test]
async fn the_documented_rule_refuses_the_whole_batch() {
    let setup = Setup::with(
        Portal::builder()
            .batch_overflow(BatchRefusal::WholeCall)
            .batch_forbidden(BatchRefusal::WholeCall),
    )
    .await;
    setup
        .refused(
            "batch",
            json!({"cmd": vec!["server.time"; 51]}),
            (
                400,
                "ERROR_BATCH_LENGTH_EXCEEDED",
                "Max batch length exceeded",
            ),
        )
        .await;
    setup
        .refused(
            "batch",
            json!({"cmd": ["server.time", "batch"]}),
            (
                405,
                "ERROR_BATCH_METHOD_NOT_ALLOWED",
                "Method is not allowed for batch usage",
            ),
        )
        .await;
    assert!(batch(&setup, json!({"cmd": ["server.time"]})).await["result"][0].is_string());
}

#[tokio::test]
async fn commands_are_parsed_as_urls() {
    let setup = Setup::start().await;
    let result = batch(
        &setup,
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
    let stored = &setup.portal.robots()[1].fields;
    assert_eq!(stored["HANDLER"], "https://app.example/h?a=1");
    assert_eq!(stored["NAME"], json!({"EN": "x y"}));
}

#[tokio::test]
async fn a_form_and_a_query_carry_commands_too() {
    let setup = Setup::start().await;
    let token = setup.installation.access_token();
    let body = format!("halt=0&cmd[a]=bizproc.robot.list&cmd[b]=server.time&auth={token}");
    let (_, response) = setup.client.raw("batch.json", FORM, body.clone()).await;
    assert_eq!(response["result"]["result"]["a"], json!([]));
    let (_, response) = setup.client.get(&format!("batch?{body}")).await;
    assert!(response["result"]["result"]["b"].is_string());
}

#[tokio::test]
async fn a_command_may_refer_to_earlier_results() {
    let setup = Setup::start().await;
    let result = batch(
        &setup,
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
    let robots = setup.portal.robots();
    assert_eq!(
        (robots[0].code.as_str(), &robots[0].fields["NAME"]),
        ("r1", &json!({"*": "en"}))
    );
    assert_eq!(robots[1].fields["NAME"], json!({"*": "language en here"}));
}

#[tokio::test]
async fn scope_is_checked_for_each_command() {
    let setup = Setup::with(Portal::builder().scope(["crm"])).await;
    let result = batch(
        &setup,
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
async fn commands_run_as_the_caller_of_the_batch() {
    let setup = Setup::start().await;
    let stranger = setup.installation.token_of(2);
    // A token inside a command changes nothing.
    let result = batch(&setup, json!({"cmd": [format!("profile?auth={stranger}")]})).await;
    assert_eq!(result["result"][0]["ID"], "1");
    let anonymous = setup.anonymous();
    anonymous
        .refused(
            "batch",
            json!({"cmd": [format!("profile?auth={stranger}")]}),
            NO_TOKEN,
        )
        .await;
    let (status, response) = setup
        .webhook(3)
        .call("batch", json!({"cmd": ["profile", "bizproc.robot.list"]}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(response["result"]["result"][0]["ID"], "3");
    assert_eq!(
        response["result"]["result_error"]["1"]["error_description"],
        "Access denied! Application context required"
    );
}

#[tokio::test]
async fn each_half_of_the_documented_rule_is_a_setting() {
    let overflow = Portal::builder().batch_overflow(BatchRefusal::WholeCall);
    let forbidden = Portal::builder().batch_forbidden(BatchRefusal::WholeCall);
    for (builder, too_many, not_allowed) in [(overflow, 400, 200), (forbidden, 200, 405)] {
        let setup = Setup::with(builder).await;
        let call = async |commands: Value| setup.call("batch", json!({"cmd": commands})).await.0;
        assert_eq!(call(json!(vec!["server.time"; 51])).await, too_many);
        assert_eq!(call(json!(["download"])).await, not_allowed);
    }
}

#[tokio::test]
async fn exceeding_the_length_halts_too() {
    let setup = Setup::start().await;
    let commands = vec!["server.time"; 53];
    let result = batch(&setup, json!({"halt": 1, "cmd": commands})).await;
    let refused = result["result_error"].as_object().unwrap();
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["50"]);
    // A command that is no text gets no result, but counts.
    let mut commands = vec![json!(5); 50];
    commands.push(json!("server.time"));
    let result = batch(&setup, json!({"cmd": commands})).await;
    assert_eq!(result["result"], json!([]));
    assert_eq!(
        result["result_error"]["50"]["error"],
        "ERROR_BATCH_LENGTH_EXCEEDED"
    );
}

#[tokio::test]
async fn errors_are_complete_and_parameter_names_hold_no_references() {
    let setup = Setup::start().await;
    let result = batch(
        &setup,
        json!({"cmd": {"bind": "event.bind?event=", "list": "bizproc.robot.list?$result[bind][ID]=1"}}),
    )
    .await;
    assert_eq!(result["result_error"]["bind"]["argument"], "EVENT");
    assert_eq!(result["result"]["list"], json!([]));
}
