use bizproc_portal::{Platform, Portal};
use serde_json::json;

use crate::fixture::{NOWHERE, Stage, VALIDATION, assert_refused, with};

#[tokio::test]
async fn codes() {
    let stage = Stage::start().await;
    for code in ["abc", "a.b-c_d", "1a", "_a", "-", "Ab9", "ab\n"] {
        stage
            .client
            .ok("bizproc.robot.add", with(json!({"CODE": code})))
            .await;
    }
    for (code, text) in [
        (json!(""), "Empty activity code!"),
        (json!("0"), "Empty activity code!"),
        (json!(null), "Empty activity code!"),
        (json!([]), "Empty activity code!"),
        (json!(false), "Empty activity code!"),
        (json!("a b"), "Wrong activity code!"),
        (json!("Ы"), "Wrong activity code!"),
        (json!("a/b"), "Wrong activity code!"),
        (json!("\n"), "Wrong activity code!"),
        (json!("a\n\n"), "Wrong activity code!"),
        (json!(5), "Wrong activity code!"),
        (json!(["a"]), "Wrong activity code!"),
    ] {
        for method in [
            "bizproc.robot.add",
            "bizproc.activity.update",
            "bizproc.robot.delete",
        ] {
            let answer = stage.client.call(method, with(json!({"CODE": code}))).await;
            assert_refused(&answer, 400, VALIDATION, text, &format!("{method} {code}"));
        }
    }
}

#[tokio::test]
async fn property_identifiers() {
    let stage = Stage::start().await;
    for (number, id) in ["abc", "A1_", "a", "OPTIONS"].into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "PROPERTIES": {id: {"NAME": "x"}}});
        stage.client.ok("bizproc.robot.add", with(params)).await;
    }
    for id in ["1a", "_a", "a.b", "a-b", "0", "", "Ы"] {
        for map in ["PROPERTIES", "RETURN_PROPERTIES"] {
            let answer = stage
                .client
                .call("bizproc.robot.add", with(json!({map: {id: {"NAME": "x"}}})))
                .await;
            assert_refused(
                &answer,
                400,
                VALIDATION,
                &format!("Wrong property key ({id})!"),
                map,
            );
        }
    }
}

#[tokio::test]
async fn property_maps() {
    let stage = Stage::start().await;
    for (number, map) in [json!({}), json!([]), json!(null)].into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "HANDLER": NOWHERE, "NAME": "n", "PROPERTIES": map});
        stage.client.ok("bizproc.activity.add", params).await;
    }
    for (map, text) in [
        (json!("x"), "Wrong properties array!"),
        (json!(""), "Wrong properties array!"),
        (json!(false), "Wrong properties array!"),
        (json!(7), "Wrong properties array!"),
        (json!([{"NAME": "x"}]), "Wrong property key (0)!"),
        (json!({"a": {"NAME": ""}}), "Empty property NAME (a)!"),
        (json!({"a": {"NAME": "0"}}), "Empty property NAME (a)!"),
        (json!({"a": {"TYPE": "string"}}), "Empty property NAME (a)!"),
        (json!({"a": "x"}), "Empty property NAME (a)!"),
        (
            json!({"ok": {"NAME": "x"}, "b": {}, "1": {}}),
            "Empty property NAME (b)!",
        ),
    ] {
        for name in ["PROPERTIES", "RETURN_PROPERTIES"] {
            let answer = stage
                .client
                .call("bizproc.activity.add", with(json!({name: map})))
                .await;
            assert_refused(&answer, 400, VALIDATION, text, &format!("{name} {map}"));
        }
    }
    // A form cannot say "empty array": it sends text, or a list of one empty text.
    for (body, text) in [
        ("PROPERTIES=", "Wrong properties array!"),
        ("PROPERTIES[]=", "Wrong property key (0)!"),
    ] {
        let body = format!(
            "CODE=a&HANDLER={NOWHERE}&NAME=n&{body}&auth={}",
            stage.installation.access_token()
        );
        let answer = stage
            .client
            .raw(
                "bizproc.robot.add",
                "application/x-www-form-urlencoded",
                body.clone(),
            )
            .await;
        assert_refused(&answer, 400, VALIDATION, text, &body);
    }
}

#[tokio::test]
async fn handler_addresses() {
    let stage = Stage::start().await;
    let good = [
        "https://app.example/h",
        "http://127.0.0.1:9000/h",
        "http://user:pw@app.example:99/p?q#f",
        "https://почта.рф/h",
        "https://a.b",
        "http://ex ample.com/",
        "https://app.example",
    ];
    for (number, url) in good.into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "HANDLER": url});
        stage.client.ok("bizproc.robot.add", with(params)).await;
    }
    let wrong = [
        "http://localhost/x",
        "http://localhost:8080/x",
        "http://[::1]/h",
        "http://.example/x",
        "app.example/h",
        "",
        "http:///x",
        "mailto:a@app.example",
        "https://app.example:70000/h",
        "https:/app.example/x",
    ];
    for url in wrong {
        let answer = stage
            .client
            .call("bizproc.robot.add", with(json!({"HANDLER": url})))
            .await;
        assert_refused(
            &answer,
            400,
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
            url,
        );
    }
    let answer = stage
        .client
        .call("bizproc.robot.add", with(json!({"HANDLER": null})))
        .await;
    assert_refused(
        &answer,
        400,
        "ERROR_WRONG_HANDLER_URL",
        "Wrong handler URL",
        "none",
    );
    for url in [
        "ftp://app.example/",
        "//app.example/h",
        "HTTPS://app.example/h",
        "app.example:8080/h",
    ] {
        let answer = stage
            .client
            .call("bizproc.robot.add", with(json!({"HANDLER": url})))
            .await;
        assert_refused(
            &answer,
            400,
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported handler protocol",
            url,
        );
    }
    for value in [json!(["https://app.example"]), json!(5)] {
        let (status, _) = stage
            .client
            .call("bizproc.robot.add", with(json!({"HANDLER": value})))
            .await;
        assert_eq!(status, 500, "{value}");
    }
}

#[tokio::test]
async fn the_order_of_properties_and_document_type() {
    // All are wrong, and told apart by their texts.
    let inputs = ("PROPERTIES", "Wrong property key (1)!");
    let outputs = ("RETURN_PROPERTIES", "Wrong property key (2)!");
    let document = ("DOCUMENT_TYPE", "Wrong activity DOCUMENT_TYPE!");
    let filter = ("FILTER", "Wrong activity FILTER!");
    let new = Stage::start().await;
    let old = Stage::with(Portal::builder().platform(Platform::v24())).await;
    let of_activities = [inputs, outputs, document, filter];
    for (stage, method, order) in [
        (
            &new,
            "bizproc.robot.add",
            [inputs, document, outputs, filter].as_slice(),
        ),
        (&new, "bizproc.activity.add", &of_activities),
        (&old, "bizproc.activity.add", &of_activities),
        // Before 25.1150 nobody looks at a robot's DOCUMENT_TYPE.
        (&old, "bizproc.robot.add", &[inputs, outputs, filter]),
    ] {
        let mut params = with(json!({
            "CODE": method, "PROPERTIES": {"1": {}}, "RETURN_PROPERTIES": {"2": {}}, "DOCUMENT_TYPE": "x", "FILTER": 1,
        }));
        for (name, text) in order {
            let answer = stage.client.call(method, params.clone()).await;
            assert_refused(&answer, 400, VALIDATION, text, method);
            params.as_object_mut().unwrap().remove(*name);
        }
        stage.client.ok(method, params).await;
    }
}

#[tokio::test]
async fn document_types() {
    let stage = Stage::start().await;
    let dynamic = r"Bitrix\Crm\Integration\BizProc\Document\Dynamic";
    let good = [
        json!(["crm", "CCrmDocumentDeal", "DEAL"]),
        json!([" crm ", "CCrmDocumentLead ", " LEAD"]),
        json!(["crm", dynamic, "DYNAMIC_147"]),
        json!(["lists", "BizprocDocument", "iblock_72"]),
        json!(["BizprocDocument", "iblock_72"]),
        json!(["crm", "Unknown", "ANY"]),
    ];
    for (number, value) in good.into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "DOCUMENT_TYPE": value});
        stage.client.ok("bizproc.robot.add", with(params)).await;
    }
    for value in [
        json!("crm"),
        json!(["crm"]),
        json!([]),
        json!(["crm", "", "DEAL"]),
        json!(["crm", "CCrmDocumentDeal", " "]),
        json!(["c/m", "CCrmDocumentDeal", "DEAL"]),
        json!(["crm", "CCrmDocumentDeal", "LEAD"]),
        json!(["crm", dynamic, "DYNAMIC_x"]),
        json!(["crm", ["CCrmDocumentDeal"], "DEAL"]),
        json!({"m": "crm", "e": "CCrmDocumentDeal", "t": "DEAL"}),
    ] {
        let answer = stage
            .client
            .call("bizproc.robot.add", with(json!({"DOCUMENT_TYPE": value})))
            .await;
        assert_refused(
            &answer,
            400,
            VALIDATION,
            "Wrong activity DOCUMENT_TYPE!",
            &value.to_string(),
        );
    }
}
