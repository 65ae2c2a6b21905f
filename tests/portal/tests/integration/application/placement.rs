use bizproc_portal::{ApplicationStatus, Builder, Installation, Platform, Portal, php};
use reqwest::header;
use serde_json::{Value, json};

use crate::fixture::{Client, FORM, RecordingApp, Setup, http_client, robot_with, trial_frame};

/// What the page posts into the frame to open it.
#[derive(Debug)]
struct Opening {
    /// Without its query.
    action: String,
    query: Value,
    fields: Value,
    /// `PLACEMENT_OPTIONS`.
    options: Value,
    app_sid: String,
}

fn address(portal: &Portal, installation: &Installation, code: &str) -> String {
    format!("{}/robot/{}/{code}", portal.url(), installation.client_id())
}

async fn get_page(url: &str) -> String {
    let client = http_client();
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

/// The text between two others, with its HTML entities decoded.
fn between(page: &str, start: &str, end: &str) -> String {
    let (_, rest) = page.split_once(start).expect(start);
    let (text, _) = rest.split_once(end).expect(end);
    [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (code, sign)| {
        text.replace(code, sign)
    })
    .replace("&#38;", "&")
}

fn read_opening(page: &str) -> Opening {
    let url = between(page, "data-action=\"", "\"");
    let (action, query) = url.split_once('?').unwrap();
    let (_, form) = page.split_once("id=\"placement-form\"").unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let controls = form.split("<input ").skip(1);
    let fields: serde_json::Map<String, Value> = controls
        .map(|control| {
            let value = between(control, "value=\"", "\"");
            (between(control, "name=\"", "\""), json!(value))
        })
        .collect();
    Opening {
        action: action.to_owned(),
        query: php::parse_str(query.as_bytes()).to_json(),
        options: serde_json::from_str(fields["PLACEMENT_OPTIONS"].as_str().unwrap()).unwrap(),
        fields: fields.into(),
        app_sid: between(page, "data-sid=\"", "\""),
    }
}

fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// A portal with a robot `r` that has a settings page.
async fn placed(builder: Builder) -> (Setup, String) {
    let setup = Setup::with(builder).await;
    let fields = json!({
        "USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": format!("{}/place?own=1", setup.app.url),
        "PROPERTIES": {
            "Text": {"Name": {"en": "Text"}, "Type": "string", "Required": "Y", "Default": "{=Document:ID}"},
            "when": {"Name": "When", "Type": "datetime"},
        },
    });
    setup.robot("r", fields).await;
    let url = address(&setup.portal, &setup.installation, "r");
    (setup, url)
}

#[tokio::test]
async fn the_frame_gets_a_users_tokens_and_the_data_of_the_portal() {
    let builder = Portal::builder().language("de");
    let (setup, url) = placed(builder.scope(["bizproc", "placement"])).await;
    let portal = &setup.portal;
    let installation = &setup.installation;
    installation.set_status(ApplicationStatus::Trial).unwrap();
    let opening = read_opening(&get_page(&url).await);
    assert_eq!(opening.action, format!("{}/place", setup.app.url));
    let domain = portal.url().trim_start_matches("http://");
    assert_eq!(opening.app_sid.len(), 32);
    let query = json!({
        "own": "1", "DOMAIN": domain, "PROTOCOL": "0", "LANG": "de", "APP_SID": opening.app_sid,
    });
    assert_eq!(opening.query, query);
    let expected = trial_frame(
        portal,
        installation,
        "BIZPROC_ACTIVITY_PROPERTIES_DIALOG",
        &opening.fields["PLACEMENT_OPTIONS"],
    );
    assert_eq!(opening.fields, expected);
    let token = opening.fields["AUTH_ID"].as_str().unwrap().to_owned();
    let frame = setup.client_with(Some(token));
    let (_, response) = frame.call("profile", json!({})).await;
    assert_eq!(response["result"]["ADMIN"], json!(true));
}

#[tokio::test]
async fn the_options_are_the_step_its_document_and_its_template() {
    let (_stage, url) = placed(Portal::builder()).await;
    let options = read_opening(&get_page(&url).await).options;
    let all =
        "code activity_name properties current_values document_type document_fields template URI";
    assert_eq!(keys(&options), all.split(' ').collect::<Vec<_>>());
    assert_eq!(options["code"], json!("r"));
    let name = options["activity_name"].as_str().unwrap();
    let numbers: Vec<_> = name.strip_prefix('A').unwrap().split('_').collect();
    assert_eq!(numbers.len(), 4, "{name}");
    assert!(
        numbers.iter().all(|number| number.parse::<u32>().is_ok()),
        "{name}"
    );
    let text = &options["properties"]["Text"];
    assert_eq!(
        (&text["NAME"], &text["TYPE"], &text["REQUIRED"]),
        (&json!({"EN": "Text"}), &json!("string"), &json!("Y"))
    );
    assert_eq!(options["current_values"]["Text"], json!("{=Document:ID}"));
    assert_eq!(
        options["document_type"],
        json!(["crm", "CCrmDocumentDeal", "DEAL"])
    );
    assert_eq!(
        options["template"],
        json!({
            "parameters": [], "variables": [], "constants": [], "global_variables": [],
            "global_constants": [], "return_activities": [],
        })
    );
    let (_, path) = url.split_once("/robot/").unwrap();
    assert_eq!(options["URI"], json!(format!("/robot/{path}")));
}

#[tokio::test]
async fn the_settings_page_gets_the_saved_values() {
    let (_stage, url) = placed(Portal::builder()).await;
    let form = json!({
        "do": "save", "document_kind": "1", "document_number": "5",
        "document_fields": [{"name": "TITLE", "value": "a lead"}],
        "property_text": "About {=Document:TITLE}", "property_when": "31.12.2025 10:20:30",
    });
    let saved = http_client()
        .post(&url)
        .header(header::CONTENT_TYPE, FORM)
        .body(php::http_build_query(&form.into()))
        .send()
        .await
        .unwrap();
    assert_eq!(saved.status(), 200);
    let options = read_opening(&saved.text().await.unwrap()).options;
    assert_eq!(
        options["current_values"],
        json!({"Text": "About {=Document:TITLE}", "when": "31.12.2025 10:20:30 [10800]"})
    );
    assert_eq!(
        options["document_type"],
        json!(["crm", "CCrmDocumentLead", "LEAD"])
    );
    assert_eq!(
        options["document_fields"],
        json!({"TITLE": {"Name": "TITLE", "Type": "string"}})
    );
}

#[tokio::test]
async fn the_template_is_passed_since_24_200() {
    for (platform, has_template) in [
        (Platform::v24_0(), false),
        (Platform::v24(), true),
        (Platform::v26(), true),
    ] {
        let (_stage, url) = placed(Portal::builder().platform(platform)).await;
        let options = read_opening(&get_page(&url).await).options;
        assert_eq!(
            options.get("template").is_some(),
            has_template,
            "{platform:?}"
        );
        assert!(options.get("URI").is_some());
    }
}

#[tokio::test]
async fn platform_19_opens_the_settings_page_by_a_button() {
    for (platform, by_button) in [(Platform::v19(), true), (Platform::v21(), false)] {
        let (_stage, url) = placed(Portal::builder().platform(platform)).await;
        let page = get_page(&url).await;
        assert_eq!(
            page.contains(r#"id="open-placement""#),
            by_button,
            "{platform:?}"
        );
        assert_eq!(page.contains(r#"id="placement-dialog""#), by_button);
        assert!(!page.contains(r#"name="property_text_text""#));
        assert_eq!(read_opening(&page).options["code"], json!("r"));
    }
}

#[tokio::test]
async fn without_the_scope_the_step_has_its_controls() {
    for scope in [&["bizproc"][..], &["bizproc", "crm"]] {
        let (setup, url) = placed(Portal::builder().scope(scope.iter().copied())).await;
        let page = get_page(&url).await;
        assert!(!page.contains("placement-form"), "{scope:?}");
        assert!(page.contains(r#"name="property_text""#), "{scope:?}");
        assert!(setup.app.is_quiet().await);
    }
}

#[tokio::test]
async fn before_it_is_installed_an_application_opens_its_installation_page() {
    let portal = Portal::start().await.unwrap();
    let app = RecordingApp::start().await;
    let install = format!("{}/install", app.url);
    let installation = portal.install(&install).with_page().await.unwrap();
    installation.open().await.unwrap();
    let client = Client::new(portal.endpoint(), Some(installation.access_token()));
    let settings = format!("{}/place", app.url);
    let robot = robot_with(json!({"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": settings}));
    client.ok("bizproc.robot.add", robot).await;
    let url = address(&portal, &installation, "a");
    assert_eq!(read_opening(&get_page(&url).await).action, install);
    installation.install_finished().await.unwrap();
    assert_eq!(read_opening(&get_page(&url).await).action, settings);
    installation.uninstall(false).await.unwrap();
    let client = http_client();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 404);
}
