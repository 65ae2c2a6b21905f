use bizproc_portal::{Platform, Portal};
use serde_json::json;

use crate::fixture::{
    FORM, NOWHERE, Setup, WRONG_PROTOCOL, WRONG_URL, assert_refused, invalid, robot_with,
};

#[tokio::test]
async fn codes() {
    let setup = Setup::start().await;
    for code in ["abc", "a.b-c_d", "1a", "_a", "-", "Ab9", "ab\n"] {
        setup
            .ok("bizproc.robot.add", robot_with(json!({"CODE": code})))
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
            setup
                .refused(method, robot_with(json!({"CODE": code})), invalid(text))
                .await;
        }
    }
}

#[tokio::test]
async fn property_identifiers() {
    let setup = Setup::start().await;
    for (number, id) in ["abc", "A1_", "a", "OPTIONS"].into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "PROPERTIES": {id: {"NAME": "x"}}});
        setup.ok("bizproc.robot.add", robot_with(params)).await;
    }
    for id in ["1a", "_a", "a.b", "a-b", "0", "", "Ы"] {
        for map in ["PROPERTIES", "RETURN_PROPERTIES"] {
            let params = robot_with(json!({map: {id: {"NAME": "x"}}}));
            let text = format!("Wrong property key ({id})!");
            setup
                .refused("bizproc.robot.add", params, invalid(&text))
                .await;
        }
    }
}

#[tokio::test]
async fn property_maps() {
    let setup = Setup::start().await;
    for (number, map) in [json!({}), json!([]), json!(null)].into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "HANDLER": NOWHERE, "NAME": "n", "PROPERTIES": map});
        setup.ok("bizproc.activity.add", params).await;
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
            let params = robot_with(json!({name: map}));
            setup
                .refused("bizproc.activity.add", params, invalid(text))
                .await;
        }
    }
    // A form cannot say "empty array": it sends text, or a list of one empty text.
    for (body, text) in [
        ("PROPERTIES=", "Wrong properties array!"),
        ("PROPERTIES[]=", "Wrong property key (0)!"),
    ] {
        let body = format!(
            "CODE=a&HANDLER={NOWHERE}&NAME=n&{body}&auth={}",
            setup.installation.access_token()
        );
        let response = setup
            .client
            .raw("bizproc.robot.add", FORM, body.clone())
            .await;
        assert_refused(&response, invalid(text), &body);
    }
}

const GOOD_ADDRESSES: [&str; 7] = [
    "https://app.example/h",
    "http://127.0.0.1:9000/h",
    "http://user:pw@app.example:99/p?q#f",
    "https://почта.рф/h",
    "https://a.b",
    "http://ex ample.com/",
    "https://app.example",
];

const WRONG_ADDRESSES: [&str; 10] = [
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

const OTHER_PROTOCOLS: [&str; 4] = [
    "ftp://app.example/",
    "//app.example/h",
    "HTTPS://app.example/h",
    "app.example:8080/h",
];

#[tokio::test]
async fn handler_addresses() {
    let setup = Setup::start().await;
    let method = "bizproc.robot.add";
    for (number, url) in GOOD_ADDRESSES.into_iter().enumerate() {
        let params = json!({"CODE": format!("ok{number}"), "HANDLER": url});
        setup.ok(method, robot_with(params)).await;
    }
    for url in WRONG_ADDRESSES {
        let params = robot_with(json!({"HANDLER": url}));
        setup.refused(method, params, WRONG_URL).await;
    }
    let missing = robot_with(json!({"HANDLER": null}));
    setup.refused(method, missing, WRONG_URL).await;
    for url in OTHER_PROTOCOLS {
        let params = robot_with(json!({"HANDLER": url}));
        setup.refused(method, params, WRONG_PROTOCOL).await;
    }
    for value in [json!(["https://app.example"]), json!(5)] {
        let params = robot_with(json!({"HANDLER": value}));
        let (status, _) = setup.call(method, params).await;
        assert_eq!(status, 500, "{value}");
    }
}

#[tokio::test]
async fn the_order_of_properties_and_document_type() {
    // All four parameters are wrong; the text shows which one was checked first.
    let inputs = ("PROPERTIES", "Wrong property key (1)!");
    let outputs = ("RETURN_PROPERTIES", "Wrong property key (2)!");
    let document = ("DOCUMENT_TYPE", "Wrong activity DOCUMENT_TYPE!");
    let filter = ("FILTER", "Wrong activity FILTER!");
    let new = Setup::start().await;
    let old = Setup::with(Portal::builder().platform(Platform::v24())).await;
    let of_activities = [inputs, outputs, document, filter];
    for (setup, method, order) in [
        (
            &new,
            "bizproc.robot.add",
            [inputs, document, outputs, filter].as_slice(),
        ),
        (&new, "bizproc.activity.add", &of_activities),
        (&old, "bizproc.activity.add", &of_activities),
        // Before 25.1150 a robot's DOCUMENT_TYPE is not checked.
        (&old, "bizproc.robot.add", &[inputs, outputs, filter]),
    ] {
        let mut params = robot_with(json!({
            "CODE": method, "PROPERTIES": {"1": {}}, "RETURN_PROPERTIES": {"2": {}}, "DOCUMENT_TYPE": "x", "FILTER": 1,
        }));
        for (name, text) in order {
            setup.refused(method, &params, invalid(text)).await;
            params.as_object_mut().unwrap().remove(*name);
        }
        setup.ok(method, params).await;
    }
}

#[tokio::test]
async fn document_types() {
    let setup = Setup::start().await;
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
        setup.ok("bizproc.robot.add", robot_with(params)).await;
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
        let params = robot_with(json!({"DOCUMENT_TYPE": value}));
        let refusal = invalid("Wrong activity DOCUMENT_TYPE!");
        setup.refused("bizproc.robot.add", params, refusal).await;
    }
}
