use bizproc_portal::Fault;
use serde_json::json;

use crate::browser::driver::Browser;
use crate::browser::scene::Scene;

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
    watch_timeline(&scene).await;
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

/// The timeline shows the reply without a reload.
async fn watch_timeline(scene: &Scene) {
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
    let find_curl =
        "return document.querySelector('#timeline .call [data-copy^=curl]').dataset.copy";
    let curl = browser.script(find_curl, Vec::new()).await;
    assert!(
        curl.as_str().unwrap().contains("--data-raw 'workflow_id="),
        "{curl}"
    );
    browser.whole_page().await;
    browser.screenshot("messages").await;
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
    // The browser logs the refused form.
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
    browser.screenshot("designer").await;
    browser.click("button[value=run]").await;
    browser.see_text("#timeline", "Call lost on its way").await;
    browser.see_text("#state", "Waiting for the boss").await;
    browser.see_text("[data-deadline]", "00:0").await;
    browser.see_text("#fault-count", "1").await;
    browser
        .click("#actions form:has([name=workflow_id]) button")
        .await;
    browser.see_text("#state", "timed out").await;

    // The page shows immediately what a test does.
    browser.open(scene.page("/switches")).await;
    browser.see_text("#active", "1×").await;
    scene.portal.clear_faults();
    browser.see_text("#active", "No fault is switched on").await;
    scene.portal.fault(Fault::DoubledCall, 3);
    browser.see_text("#active", "Call the handler twice").await;
    scene.end(0).await;
}

#[tokio::test]
async fn every_page_fits_a_phone_names_its_controls_and_has_a_dark_mode() {
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
        assert_fits(browser, name).await;
        browser.screenshot(&format!("phone-{name}")).await;
    }
    let ground = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0)";
    browser.open(&pages[0].1).await;
    browser.desk().await;
    browser.dark(true).await;
    assert!(browser.script(ground, Vec::new()).await.as_f64().unwrap() < 150.0);
    browser.screenshot("dark").await;
    browser.dark(false).await;
    assert!(browser.script(ground, Vec::new()).await.as_f64().unwrap() > 600.0);

    // The first stop of the keyboard skips the navigation.
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

/// Asserts that nothing is wider than the phone or its container, and that every control has a name.
async fn assert_fits(browser: &Browser, name: &str) {
    let find_wide = "return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 361 && !one.closest('pre')).map((one) => one.outerHTML.slice(0, 90))";
    let too_wide = browser.script(find_wide, Vec::new()).await;
    let width = browser
        .script("return document.documentElement.scrollWidth", Vec::new())
        .await;
    assert_eq!(width, json!(360), "{name}: {too_wide:#}");
    let find_spilt = "return [...document.querySelectorAll('.panel *, .card *, .rows li *')].filter((one) => one.offsetWidth > 1 && !one.closest('pre')
        && one.getBoundingClientRect().right > one.closest('.panel, .card, .rows li').getBoundingClientRect().right).map((one) => one.outerHTML.slice(0, 90))";
    let spilt = browser.script(find_spilt, Vec::new()).await;
    assert_eq!(spilt, json!([]), "{name}");
    let find_unnamed = "return [...document.querySelectorAll('input:not([type=hidden]):not([aria-hidden]), select, textarea, button, iframe')]
        .filter((one) => !one.labels?.length && !one.ariaLabel && !one.title && !one.innerText?.trim()).map((one) => one.outerHTML)";
    let unnamed = browser.script(find_unnamed, Vec::new()).await;
    assert_eq!(unnamed, json!([]), "{name}");
}
