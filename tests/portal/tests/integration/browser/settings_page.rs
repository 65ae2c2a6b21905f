use bizproc_portal::{Platform, Portal};
use serde_json::{Value, json};

use crate::browser::app::sdk_file;
use crate::browser::driver::Browser;
use crate::browser::scene::Scene;
use crate::fixture::skip;

#[tokio::test]
async fn a_settings_page_sets_the_values() {
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.robot("acme_placed")).await;
    let opening = scene.app.opening().await;
    assert_eq!(
        opening["PLACEMENT"],
        json!("BIZPROC_ACTIVITY_PROPERTIES_DIALOG")
    );
    let options: Value =
        serde_json::from_str(opening["PLACEMENT_OPTIONS"].as_str().unwrap()).unwrap();
    assert_eq!(options["code"], json!("acme_placed"));
    assert_eq!(options["properties"]["tags"]["MULTIPLE"], json!("Y"));
    assert_eq!(
        options["document_type"],
        json!(["crm", "CCrmDocumentDeal", "DEAL"])
    );
    assert_eq!(options["template"]["variables"], json!([]));

    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    browser.see_text("#status", "opened for acme_placed").await;
    browser.click("#set").await;
    browser.see_text("#status", "values are set").await;
    browser.click("#refresh").await;
    browser.see_text("#status", "tokens are new").await;
    let answers = browser.script("return window.answers", Vec::new()).await;
    assert_eq!(
        answers["interface"],
        json!({"command": ["setPropertyValue"], "event": []})
    );
    assert_eq!(
        answers["init"]["DOMAIN"],
        json!(scene.portal.url().trim_start_matches("http://"))
    );
    assert_eq!(answers["size"]["height"], json!(260));
    assert_ne!(answers["tokens"]["AUTH_ID"], answers["init"]["AUTH_ID"]);
    for silent in ["set", "title", "unknown"] {
        assert_eq!(answers[silent], json!(null), "{silent}");
    }
    choose_a_user(browser).await;
    browser.see_text("#frame-note", "2 values").await;
    browser.screenshot("placement").await;

    run_with_values(scene).await;
}

#[tokio::test]
async fn the_official_client_works_in_the_frame() {
    if !sdk_file().exists() {
        skip("the official client is missing; ./tests/run installs it");
        return;
    }
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.robot("acme_sdk")).await;
    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    browser.see_text("#status", "values are set").await;
    let answers = browser.script("return window.answers", Vec::new()).await;
    assert_eq!(
        answers["title"],
        json!("BIZPROC_ACTIVITY_PROPERTIES_DIALOG")
    );
    assert_eq!(answers["options"]["code"], json!("acme_sdk"));
    assert_eq!(answers["interface"]["command"], json!(["setPropertyValue"]));
    assert_eq!(answers["isNew"], json!(true));
    assert_eq!(answers["info"]["STATUS"], json!("L"));
    browser.client.enter_parent_frame().await.unwrap();
    run_with_values(scene).await;
}

/// Runs the robot, whose handler gets the values that its page has set.
async fn run_with_values(scene: Scene) {
    scene.browser.click("button[value=run]").await;
    let call = scene.app.call().await;
    assert_eq!(
        call["properties"],
        json!({"greeting": "Dear: sir", "tags": ["a", "b"]})
    );
    scene.end(0).await;
}

/// Lets the settings page choose a user; starts inside the frame and leaves it.
async fn choose_a_user(browser: &Browser) {
    browser.click("#user").await;
    browser.client.enter_parent_frame().await.unwrap();
    browser.click("#picker label:nth-of-type(2)").await;
    browser.click("#picker [value=ok]").await;
    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    browser.see_text("#status", "chosen is Boris Sales").await;
    browser.client.enter_parent_frame().await.unwrap();
}

/// Sends the portal a command, as the script of the settings page does; `answers` gets the answer.
async fn ask(browser: &Browser, command: &str, params: Value) {
    let script = "const [command, params] = arguments;
        delete answers[command]; ask(command, params).then((answer) => (answers[command] = answer))";
    browser.script(script, vec![json!(command), params]).await;
}

async fn enter(browser: &Browser) {
    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    browser.see_text("#status", "opened for").await;
}

async fn leave(browser: &Browser) {
    browser.client.enter_parent_frame().await.unwrap();
}

/// The settings form of the robot `acme_placed`, with its frame open.
async fn placed() -> Option<Scene> {
    let scene = Scene::start().await?;
    scene.browser.open(scene.robot("acme_placed")).await;
    enter(&scene.browser).await;
    Some(scene)
}

/// Lets the settings page set its values; starts inside the frame and leaves it.
async fn set_values(browser: &Browser) {
    browser.click("#set").await;
    browser.see_text("#status", "values are set").await;
    leave(browser).await;
}

/// Waits for the answer of the portal to a command.
async fn answer(browser: &Browser, command: &str) -> Value {
    let script = "return new Promise((done) => {
        const look = () => arguments[0] in answers ? done(answers[arguments[0]]) : setTimeout(look, 10);
        look();
    })";
    browser.script(script, vec![json!(command)]).await
}

/// The hidden controls, which a save would post.
async fn hidden(browser: &Browser) -> Value {
    let script = "return [...document.querySelectorAll('#placement-values input')].map((one) => [one.name, one.value])";
    browser.script(script, Vec::new()).await
}

#[tokio::test]
async fn a_settings_page_opens_the_pickers_of_its_portal() {
    let Some(scene) = placed().await else {
        return;
    };
    let browser = &scene.browser;
    ask(browser, "selectAccess", json!({"value": ["U2"]})).await;
    leave(browser).await;
    browser.click("#picker [value=G2]").await;
    browser.click("#picker [value=ok]").await;
    enter(browser).await;
    let expected = json!([{"id": "G2", "name": "All users"}, {"id": "U2", "name": "Boris Sales"}]);
    assert_eq!(answer(browser, "selectAccess").await, expected);

    let params = json!({"entityType": ["deal", "lead"], "multiple": true});
    ask(browser, "selectCRM", params).await;
    leave(browser).await;
    browser.choose("#picker select", "lead").await;
    browser.fill("#picker input", "1, 22").await;
    browser.click("#picker [value=ok]").await;
    enter(browser).await;
    let chosen = answer(browser, "selectCRM").await;
    assert_eq!(chosen["lead"]["0"]["id"], json!("L_1"));
    assert_eq!(chosen["lead"]["1"]["id"], json!("L_22"));
    assert_eq!(chosen["lead"]["1"]["title"], json!("lead #22"));

    ask(browser, "openPath", json!({"path": "/crm/"})).await;
    assert_eq!(answer(browser, "openPath").await["result"], json!("error"));
    ask(browser, "setScroll", json!({"scroll": 30})).await;
    assert_eq!(answer(browser, "setScroll").await, json!({"scroll": 30}));
    leave(browser).await;
    let scrolled = browser.script("return scrollY", Vec::new()).await;
    assert_eq!(scrolled, json!(30));

    let opened = scene.app.opening().await;
    enter(browser).await;
    ask(browser, "reloadWindow", json!({})).await;
    leave(browser).await;
    let again = scene.app.opening().await;
    assert_ne!(opened["AUTH_ID"], again["AUTH_ID"]);
    scene.end(0).await;
}

#[tokio::test]
async fn only_the_application_sets_values_and_only_a_save_keeps_them() {
    let Some(scene) = placed().await else {
        return;
    };
    let browser = &scene.browser;
    set_values(browser).await;
    let values = json!([
        ["property_greeting", "Dear: sir"],
        ["property_tags[]", "a"],
        ["property_tags[]", "b"]
    ]);
    assert_eq!(hidden(browser).await, values);
    browser.open(scene.page("/")).await;
    browser.open(scene.robot("acme_placed")).await;
    assert_eq!(hidden(browser).await, json!([]));

    enter(browser).await;
    set_values(browser).await;
    browser.click("button[value=save]").await;
    browser.see_text(".main-actions", "Saved.").await;
    assert_eq!(hidden(browser).await, values);
    enter(browser).await;
    ask(browser, "setPropertyValue", json!({"greeting": "left"})).await;
    leave(browser).await;
    browser.see_text("#frame-note", "a value").await;
    browser.open(scene.page("/")).await;
    browser.open(scene.robot("acme_placed")).await;
    assert_eq!(hidden(browser).await, values);

    // From another origin, the same frame sends a value, which is ignored.
    enter(browser).await;
    leave(browser).await;
    let listen =
        "window.origins = []; addEventListener('message', (event) => origins.push(event.origin))";
    browser.script(listen, Vec::new()).await;
    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    let navigate = "location.href = new URL('/elsewhere', location.href).href.replace('127.0.0.1', 'localhost')";
    browser.script(navigate, Vec::new()).await;
    leave(browser).await;
    let wait_message = "return new Promise((done) => {
        const look = () => origins.find((one) => one.includes('localhost')) ? done(true) : setTimeout(look, 10);
        look();
    })";
    browser.script(wait_message, Vec::new()).await;
    assert_eq!(hidden(browser).await, values);
    scene.end(0).await;
}

#[tokio::test]
async fn on_an_old_portal_a_button_opens_the_settings_page() {
    let mut old = Platform::default();
    old.placement_button_only = true;
    let Some(scene) = Scene::with(Portal::builder().platform(old)).await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.robot("acme_placed")).await;
    browser.click("#open-placement").await;
    enter(browser).await;
    set_values(browser).await;
    browser.screenshot("placement-button").await;
    browser.click("#placement-dialog button").await;
    browser.click("button[value=run]").await;
    let call = scene.app.call().await;
    assert_eq!(call["properties"]["greeting"], json!("Dear: sir"));
    scene.end(0).await;
}
