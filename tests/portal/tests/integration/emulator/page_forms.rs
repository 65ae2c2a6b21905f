use bizproc_portal::{Culture, Platform, Portal, php};
use reqwest::header;
use serde_json::{Value, json};

use crate::fixture::{FORM, Setup, changed, http_client_without_redirects};

fn robot(setup: &Setup, code: &str) -> String {
    let client_id = setup.installation.client_id();
    format!("{}/robot/{client_id}/{code}", setup.portal.url())
}

async fn get(url: &str) -> (u16, String) {
    let response = http_client_without_redirects()
        .get(url)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Posts a dialog; the status, the address of the redirect, and the page.
async fn post(url: &str, form: &Value) -> (u16, String, String) {
    let response = http_client_without_redirects()
        .post(url)
        .header(header::CONTENT_TYPE, FORM)
        .body(php::http_build_query(&form.clone().into()))
        .send()
        .await
        .unwrap();
    let location = response
        .headers()
        .get(header::LOCATION)
        .map(|location| location.to_str().unwrap().to_owned());
    (
        response.status().as_u16(),
        location.unwrap_or_default(),
        response.text().await.unwrap(),
    )
}

/// The fields of a dialog with a document that the page accepts, and more fields.
fn dialog(own: &Value) -> Value {
    let form = json!({
        "do": "run", "document_kind": "1", "document_number": "5",
        "document_fields": [{"name": "TITLE", "value": "of the lead"}],
    });
    changed(form, own)
}

#[tokio::test]
async fn texts_of_applications_are_escaped() {
    let setup = Setup::start().await;
    let script = r#""><script>alert(1)</script>'"#;
    let definition = json!({
        "NAME": {"en": script}, "DESCRIPTION": {"en": script},
        "PROPERTIES": {
            "a": {"NAME": script, "DESCRIPTION": script, "TYPE": "string", "DEFAULT": script},
            "b": {"NAME": "b", "TYPE": script},
            "c": {"NAME": "c", "TYPE": "select", "OPTIONS": {(script): script}, "DEFAULT": script},
        },
    });
    setup.robot("nasty", definition.clone()).await;
    let mut placed = definition;
    placed["USE_PLACEMENT"] = json!("Y");
    placed["PLACEMENT_HANDLER"] = json!(format!("{}/place?{script}", setup.app.url));
    setup.robot("placed", placed).await;
    let workflow = setup
        .portal
        .run("nasty", json!({"a": script}))
        .await
        .unwrap();
    setup.app.next_request().await;
    for url in [
        format!("{}/", setup.portal.url()),
        robot(&setup, "nasty"),
        robot(&setup, "placed"),
        format!("{}/workflow/{}", setup.portal.url(), workflow.id()),
    ] {
        let (status, page) = get(&url).await;
        assert_eq!(status, 200, "{url}");
        assert!(!page.contains("<script>alert"), "{url}: {page}");
    }
    assert!(
        get(&robot(&setup, "nasty"))
            .await
            .1
            .contains("&#60;script&#62;")
    );
}

#[tokio::test]
async fn a_saved_step_keeps_its_values_and_its_document() {
    let setup = Setup::start().await;
    let properties = json!({"Subject": {"NAME": "t", "TYPE": "string"}, "when": {"NAME": "w", "TYPE": "datetime"}});
    setup.robot("r", json!({"PROPERTIES": properties})).await;
    let url = robot(&setup, "r");
    let form = dialog(&json!({
        "property_subject": "{=Document:TITLE}", "property_when": "31.12.2025 10:20:30", "run_as": "4",
    }));
    let (status, to, _) = post(&url, &form).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("/workflow/"), "{to}");
    let call = setup.app.next_request().await;
    assert_eq!(
        call["properties"],
        json!({"Subject": "of the lead", "when": "31.12.2025 10:20:30"})
    );
    assert_eq!(
        call["document_id"],
        json!(["crm", "CCrmDocumentLead", "LEAD_5"])
    );
    assert_eq!(call["auth"]["user_id"], json!("4"));

    let (_, page) = get(&url).await;
    assert!(page.contains(r#"value="{=Document:TITLE}""#), "{page}");
    assert!(page.contains(r#"value="31.12.2025 10:20:30""#), "{page}");
    assert!(page.contains(r#"<option value="4" selected>"#), "{page}");
}

#[tokio::test]
async fn a_refused_step_is_neither_saved_nor_run() {
    let setup = Setup::start().await;
    let properties = json!({"n": {"NAME": "n", "TYPE": "int", "REQUIRED": "Y"}});
    setup.robot("r", json!({"PROPERTIES": properties})).await;
    let url = robot(&setup, "r");
    for (form, part) in [
        (dialog(&json!({"property_n": ""})), "NotExist"),
        (dialog(&json!({"property_n": "1.5"})), "ErrorValue"),
        (
            dialog(&json!({"property_n": "1", "document_number": "x"})),
            "consists of digits",
        ),
        (
            dialog(&json!({"property_n": "1", "document_kind": "77"})),
            "no such kind",
        ),
        (
            dialog(&json!({"property_n": "1", "run_as": "x"})),
            "not a valid number",
        ),
    ] {
        let (status, _, page) = post(&url, &form).await;
        assert_eq!(status, 422, "{form}");
        assert!(page.contains(part), "{form}: {page}");
    }
    assert!(get(&url).await.1.contains("Not saved yet"));
    assert!(setup.app.is_quiet().await);
}

#[tokio::test]
async fn only_activities_have_the_wait_controls() {
    let setup = Setup::start().await;
    setup.robot("robot", json!({})).await;
    for (code, subscription) in [("fixed", "Y"), ("never", "N"), ("free", "")] {
        let fields = json!({"USE_SUBSCRIPTION": subscription});
        setup.activity(code, fields).await;
    }
    for (code, has_wait, is_locked, has_timeout) in [
        ("robot", false, false, false),
        ("fixed", true, true, true),
        ("never", true, true, false),
        ("free", true, false, true),
    ] {
        let (_, page) = get(&robot(&setup, code)).await;
        assert_eq!(page.contains(r#"name="wait""#), has_wait, "{code}");
        assert_eq!(
            page.contains("Fixed by the application."),
            is_locked,
            "{code}"
        );
        assert_eq!(page.contains(r#"name="timeout""#), has_timeout, "{code}");
    }
    let form = dialog(&json!({"wait": "Y", "timeout": "2", "timeout_unit": "h"}));
    for (code, timeout) in [
        ("fixed", "7200"),
        ("free", "7200"),
        ("never", "0"),
        ("robot", "0"),
    ] {
        let (status, _, page) = post(&robot(&setup, code), &form).await;
        assert_eq!(status, 303, "{code}: {page}");
        assert_eq!(
            setup.app.next_request().await["timeout_duration"],
            json!(timeout),
            "{code}"
        );
    }
    let form = dialog(&json!({"wait": "N", "timeout": "2", "timeout_unit": "h"}));
    post(&robot(&setup, "free"), &form).await;
    let call = setup.app.next_request().await;
    assert_eq!(
        (&call["use_subscription"], &call["timeout_duration"]),
        (&json!("N"), &json!("0"))
    );
}

#[tokio::test]
async fn labels_are_in_the_requested_language() {
    let setup = Setup::with(
        Portal::builder()
            .language("ua")
            .culture(Culture::MonthDayYear),
    )
    .await;
    let fields = json!({
        "NAME": {"ru": "Имя", "en": "Name"},
        "PROPERTIES": {"d": {"NAME": {"de": "Tag", "en": "Day"}, "TYPE": "date"}},
    });
    setup.robot("r", fields).await;
    let url = robot(&setup, "r");
    let (_, page) = get(&url).await;
    assert!(
        page.contains("<h1>Имя</h1>") && page.contains(">Day"),
        "{page}"
    );
    assert!(page.contains(r#"placeholder="12/31/2025""#), "{page}");
    let (_, page) = get(&format!("{url}?language=de")).await;
    assert!(
        page.contains("<h1>Name</h1>") && page.contains(">Tag"),
        "{page}"
    );
}

#[tokio::test]
async fn a_missing_step_or_workflow_is_not_found() {
    let portal = Portal::start().await.unwrap();
    for path in ["/robot/a/b", "/workflow/1"] {
        let (status, page) = get(&format!("{}{path}", portal.url())).await;
        assert_eq!(status, 404);
        assert!(page.contains("That did not work"), "{page}");
    }
    assert_eq!(
        get(&format!("{}/-/assets/none.js", portal.url())).await.0,
        404
    );
}

#[tokio::test]
async fn an_author_may_switch_the_status_message_off() {
    let setup = Setup::start().await;
    setup.activity("a", json!({})).await;
    for (posted, status) in [
        (json!({"set_status": "N"}), ""),
        (json!({"set_status": "Y", "status": "Hashing"}), "Hashing"),
        (
            json!({"set_status": "Y", "status": ""}),
            "Waiting for application response",
        ),
        (json!({}), "Waiting for application response"),
    ] {
        let (code, _, page) = post(&robot(&setup, "a"), &dialog(&posted)).await;
        assert_eq!(code, 303, "{posted}: {page}");
        setup.app.next_request().await;
        let workflow = setup.portal.workflows().pop().unwrap();
        assert_eq!(workflow.status(), status, "{posted}");
    }
}

#[tokio::test]
async fn older_platforms_pass_no_template_to_a_placement() {
    for (platform, has_template) in [(Platform::v24(), true), (Platform::v24_0(), false)] {
        let setup = Setup::with(Portal::builder().platform(platform)).await;
        let page = format!("{}/settings", setup.app.url);
        setup
            .robot(
                "r",
                json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": page}),
            )
            .await;
        let (status, page) = get(&robot(&setup, "r")).await;
        assert_eq!(status, 200);
        assert!(page.contains("PLACEMENT_OPTIONS"), "{page}");
        let (_, rest) = page.split_once("PLACEMENT_OPTIONS").unwrap();
        let (options, _) = rest.split_once('>').unwrap();
        assert_eq!(options.contains("template"), has_template, "{options}");
    }
}
