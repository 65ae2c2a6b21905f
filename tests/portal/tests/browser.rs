//! The page, as a person sees it in a browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it has nothing to do"
)]

mod common;

mod browser {
    pub(crate) mod app;
    pub(crate) mod driver;
}

use bizproc_portal::{Fault, Portal};
use browser::{
    app::{LetterApp, sdk_file},
    driver::Browser,
};
use serde_json::{Value, json};

/// A portal with an application, and a browser that looks at it.
struct Scene {
    browser: Browser,
    portal: Portal,
    app: LetterApp,
}

impl Scene {
    /// Nothing without a browser on this machine.
    async fn start() -> Option<Self> {
        let browser = Browser::start().await?;
        let portal = Portal::start().await.unwrap();
        let app = LetterApp::on(&portal).await;
        Some(Self {
            browser,
            portal,
            app,
        })
    }

    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.portal.url())
    }

    fn robot(&self, code: &str) -> String {
        self.page(&format!("/robot/{}/{code}", self.app.client_id))
    }

    /// Closes the browser's session, after a look at what its console complains of.
    async fn end(self, expected: usize) {
        let complaints = self.browser.complaints().await;
        assert_eq!(complaints.len(), expected, "{complaints:#?}");
        self.browser.close().await;
    }
}

#[tokio::test]
async fn a_robot_is_set_up_and_run() {
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.page("/")).await;
    browser.see_text("#steps", "Send a letter").await;
    browser.screenshot("overview").await;
    browser.click("#steps a[href$=acme_letter]").await;

    fill_singles(browser).await;
    fill_lists(browser).await;
    fill_expressions(browser).await;
    browser.whole_page().await;
    browser.screenshot("form").await;
    browser.click("button[value=run]").await;

    let call = scene.app.call().await;
    let expected = json!({
        "subject": "About The deal", "body": "Dear sir,", "copies": "1000", "weight": "1.5", "registered": "Y",
        "format": "us", "day": "31.12.2025", "reminders": ["31.12.2025 10:20:30", "01.01.2026 00:00:00"],
        "recipients": ["user_3", "author"], "enclosure": "17", "number": "17",
    });
    assert_eq!(call["properties"], expected);
    assert_eq!(
        call["document_id"],
        json!(["crm", "CCrmDocumentDeal", "DEAL_17"])
    );
    watch(&scene).await;
    scene.end(0).await;
}

/// A field of the document put into a text, numbers, choices, a date.
async fn fill_singles(browser: &Browser) {
    assert_eq!(
        browser.value("[name=property_subject]").await,
        "{=Document:TITLE}"
    );
    browser.fill("[name=property_subject]", "About ").await;
    browser.click("[data-field=subject] summary").await;
    browser
        .choose("[data-field=subject] [data-insert]", "{=Document:TITLE}")
        .await;
    assert_eq!(
        browser.value("[name=property_subject]").await,
        "About {=Document:TITLE}"
    );
    browser.fill("[name=property_body]", "Dear sir,").await;
    browser.fill("[name=property_copies]", "1 000").await;
    browser.fill("[name=property_weight]", "1,50").await;
    browser.choose("[name=property_registered]", "Y").await;
    browser.choose("[name=property_format]", "us").await;
    pick(browser, "[data-field=day]", "2025-12-31").await;
    assert_eq!(browser.value("[name=property_day]").await, "31.12.2025");
}

/// Moments and users, with rows added and removed.
async fn fill_lists(browser: &Browser) {
    pick(browser, "[data-field=reminders]", "2025-12-31T10:20:30").await;
    browser.click("[data-field=reminders] [data-add]").await;
    browser
        .fill(
            "[data-field=reminders] [data-row]:nth-of-type(2) input",
            "01.01.2026",
        )
        .await;
    browser
        .choose("[name='property_recipients[]']", "user_3")
        .await;
    browser.click("[data-field=recipients] [data-add]").await;
    browser
        .choose(
            "[data-field=recipients] [data-row]:nth-of-type(2) select",
            "author",
        )
        .await;
    browser.click("[data-field=recipients] [data-add]").await;
    browser
        .click("[data-field=recipients] [data-row]:nth-of-type(3) [data-remove]")
        .await;
}

/// A file, a number that is computed, a field of the document.
async fn fill_expressions(browser: &Browser) {
    browser
        .fill("[name=property_enclosure]", "{=Document:ID}")
        .await;
    browser.click("[data-field=number] summary").await;
    browser
        .fill("[name=property_number_text]", "{=Document:ID}")
        .await;
    browser.click("#document summary").await;
    browser
        .fill("[name='document_fields[1][value]']", "The deal")
        .await;
}

/// Picks a date as the browser's own calendar does.
async fn pick(browser: &Browser, field: &str, value: &str) {
    let script = "const one = document.querySelector(arguments[0] + ' [data-calendar]');
        one.value = arguments[1]; one.dispatchEvent(new Event('change', {bubbles: true}))";
    browser
        .script(script, vec![json!(field), json!(value)])
        .await;
}

/// What the timeline shows of the reply, without being loaded again.
async fn watch(scene: &Scene) {
    let browser = &scene.browser;
    browser.see_text("#state", "Waits for a reply").await;
    browser.see_text("#timeline", "acknowledged with 200").await;
    browser
        .script("window.notLoadedAgain = true", Vec::new())
        .await;
    browser.click("#timeline .call summary").await;
    scene.app.reply();
    browser.see_text("#state", "replied").await;
    browser.see_text("#timeline", "The letter is posted").await;
    browser.see_text("#outputs", "RR 123 456 785 DE").await;
    browser.see_text("#outputs", "The letter is printed").await;
    let same = browser
        .script("return window.notLoadedAgain === true", Vec::new())
        .await;
    assert_eq!(same, json!(true));
    let details = browser.text("#timeline .call details[open]").await;
    assert!(details.contains("\"code\": \"acme_letter\""), "{details}");
    assert!(
        details.contains("properties%5Bsubject%5D=About+The+deal"),
        "{details}"
    );
    let curl = "return document.querySelector('#timeline .call [data-copy^=curl]').dataset.copy";
    let curl = browser.script(curl, Vec::new()).await;
    assert!(
        curl.as_str().unwrap().contains("--data-raw 'workflow_id="),
        "{curl}"
    );
    browser.click("#timeline .call summary").await;
    browser.desk().await;
    browser.screenshot("timeline").await;
}

#[tokio::test]
async fn a_form_says_what_is_wrong_and_keeps_what_was_typed() {
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.robot("acme_letter")).await;
    browser
        .see("[name=property_subject]")
        .await
        .clear()
        .await
        .unwrap();
    browser.fill("[name=property_copies]", "many").await;
    browser.fill("[name=property_body]", "kept").await;
    browser.click("button[value=run]").await;
    browser
        .see_text("#property_subject-error", "NotExist")
        .await;
    browser
        .see_text("#property_copies-error", "Not a whole number")
        .await;
    assert_eq!(browser.value("[name=property_copies]").await, "many");
    assert_eq!(browser.value("[name=property_body]").await, "kept");
    let focused = browser
        .script("return document.activeElement.name", Vec::new())
        .await;
    assert_eq!(focused, json!("property_subject"));
    browser.screenshot("refused").await;
    assert!(scene.portal.history().iter().all(|record| {
        !serde_json::to_value(record).unwrap()["event"]
            .as_str()
            .unwrap()
            .starts_with("started")
    }));

    browser.click(".languages a[lang=de]").await;
    browser.see_text("h1", "Brief senden").await;
    browser
        .see_text("[data-field=subject]", "Steht über dem Brief")
        .await;
    // The browser names a form that was refused.
    scene.end(1).await;
}

#[tokio::test]
async fn a_fault_strikes_and_a_deadline_passes() {
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.page("/switches")).await;
    browser.fill("#lost_call-times", "2").await;
    browser.click("form:has([value=lost_call]) button").await;
    browser
        .see_text("#active", "Lose the call of the handler")
        .await;
    browser.see_text("#active", "2×").await;
    browser.screenshot("switches").await;
    browser.open(scene.robot("acme_approval")).await;
    browser
        .see_text("[data-field=odd]", "Incorrect field type: boolean")
        .await;
    browser
        .see_text("#findings", "which the portal does not know")
        .await;
    browser.fill("#timeout", "5").await;
    browser.fill("#status", "Waiting for the boss").await;
    browser.click("button[value=run]").await;
    browser.see_text("#timeline", "Call lost on its way").await;
    browser.see_text("#state", "Waiting for the boss").await;
    browser.see_text("[data-deadline]", "00:0").await;
    browser.see_text("#fault-count", "1").await;
    browser
        .click("#actions form:has([name=workflow_id]) button")
        .await;
    browser.see_text("#state", "timed out").await;

    // What a test does stands on the page at once.
    browser.open(scene.page("/switches")).await;
    browser.see_text("#active", "1×").await;
    scene.portal.clear_faults();
    browser.see_text("#active", "No fault is switched on").await;
    scene.portal.fault(Fault::DoubledCall, 3);
    browser.see_text("#active", "Call the handler twice").await;
    scene.end(0).await;
}

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
    browser.see_text("#told", "opened for acme_placed").await;
    browser.click("#set").await;
    browser.see_text("#told", "values are set").await;
    browser.click("#refresh").await;
    browser.see_text("#told", "tokens are new").await;
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
    browser.click("#user").await;
    browser.client.enter_parent_frame().await.unwrap();
    browser.click("#picker label:nth-of-type(2)").await;
    browser.click("#picker [value=ok]").await;
    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    browser.see_text("#told", "chosen is Boris Sales").await;
    browser.client.enter_parent_frame().await.unwrap();
    browser.see_text("#frame-note", "2 values").await;
    browser.screenshot("placement").await;

    browser.click("button[value=run]").await;
    let call = scene.app.call().await;
    assert_eq!(
        call["properties"],
        json!({"greeting": "Dear: sir", "tags": ["a", "b"]})
    );
    scene.end(0).await;
}

#[tokio::test]
async fn the_official_client_works_in_the_frame() {
    if !sdk_file().exists() {
        assert!(
            std::env::var_os("CI").is_none(),
            "./tests/run installs the client"
        );
        eprintln!(
            "skipped: {} is missing; ./tests/run installs it",
            sdk_file().display()
        );
        return;
    }
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    browser.open(scene.robot("acme_sdk")).await;
    let frame = browser.see("#placement-frame").await;
    frame.enter_frame().await.unwrap();
    browser.see_text("#told", "values are set").await;
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
    browser.click("button[value=run]").await;
    let call = scene.app.call().await;
    assert_eq!(
        call["properties"],
        json!({"greeting": "Dear: sir", "tags": ["a", "b"]})
    );
    scene.end(0).await;
}

#[tokio::test]
async fn every_page_fits_a_phone_has_names_and_is_dark_at_night() {
    let Some(scene) = Scene::start().await else {
        return;
    };
    let browser = &scene.browser;
    let workflow = scene.portal.run("acme_letter", json!({})).await.unwrap();
    let pages = [
        ("overview", scene.page("/")),
        ("form", scene.robot("acme_letter")),
        ("designer", scene.robot("acme_approval")),
        ("placement", scene.robot("acme_placed")),
        ("switches", scene.page("/switches")),
        (
            "timeline",
            scene.page(&format!("/workflow/{}", workflow.id())),
        ),
    ];
    browser.phone().await;
    for (name, url) in &pages {
        browser.open(url).await;
        browser.see("main h1").await;
        browser
            .script(
                "document.querySelectorAll('main details').forEach((one) => (one.open = true))",
                Vec::new(),
            )
            .await;
        let too_wide = "return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 361 && !one.closest('pre')).map((one) => one.outerHTML.slice(0, 90))";
        let too_wide = browser.script(too_wide, Vec::new()).await;
        let width = browser
            .script("return document.documentElement.scrollWidth", Vec::new())
            .await;
        assert_eq!(width, json!(360), "{name}: {too_wide:#}");
        let unnamed = "return [...document.querySelectorAll('input:not([type=hidden]):not([aria-hidden]), select, textarea, button, iframe')]
            .filter((one) => !one.labels?.length && !one.ariaLabel && !one.title && !one.innerText?.trim()).map((one) => one.outerHTML)";
        let unnamed = browser.script(unnamed, Vec::new()).await;
        assert_eq!(unnamed, json!([]), "{name}");
        browser.screenshot(&format!("phone-{name}")).await;
    }
    let ground = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0)";
    browser.open(&pages[0].1).await;
    browser.dark(true).await;
    assert!(browser.script(ground, Vec::new()).await.as_f64().unwrap() < 150.0);
    browser.screenshot("dark").await;
    browser.dark(false).await;
    assert!(browser.script(ground, Vec::new()).await.as_f64().unwrap() > 600.0);

    // By keyboard one meets the way past the navigation first.
    browser
        .see("body")
        .await
        .send_keys("\u{e004}")
        .await
        .unwrap();
    let focused = browser
        .script("return document.activeElement.className", Vec::new())
        .await;
    assert_eq!(focused, json!("skip"));
    scene.end(0).await;
}
