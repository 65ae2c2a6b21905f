//! The operator's page, and the addresses that report health.

use bizproc_portal::Fault;
use bizproc_runtime::store::CallStage;
use bizproc_runtime::{App, ErrorKind, Robot};
use reqwest::header::{HeaderMap, SET_COOKIE};

use crate::fixture::app::client_builder;
use crate::fixture::robots::{Ping, reply};
use crate::fixture::{TestApp, eventually, finish, wait_for};

const PASSWORD: &str = "a long enough password";

/// An application with the page behind a password.
async fn app_with_page() -> TestApp {
    TestApp::count_with(|app| app.max_attempts(1).operator_password(PASSWORD)).await
}

struct Response {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Response {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The token that proves that a form is the page's own.
    fn form_token(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("name=\"form_token\" value=\"")
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

async fn send(request: reqwest::RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    Response {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

fn client() -> reqwest::Client {
    let builder = client_builder().redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap()
}

/// Gets a page as an operator's browser does.
async fn get(app: &TestApp, path: &str) -> Response {
    let request = client().get(app.url(&format!("/-/{path}")));
    send(request.basic_auth("anna", Some(PASSWORD))).await
}

/// Presses a button as an operator's browser does, unless the headers say otherwise.
async fn press(app: &TestApp, path: &str, form: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = client()
        .post(app.url(&format!("/-/{path}")))
        .basic_auth("anna", Some(PASSWORD))
        .body(form.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request).await
}

/// Posts an authentic call of a robot that the application does not have.
async fn post_unknown(app: &TestApp, event_token: &str, code: &str) {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("event_token", event_token)
        .append_pair("code", code)
        .append_pair("workflow_id", "w")
        .append_pair("auth[member_id]", app.portal.member_id())
        .append_pair("auth[access_token]", "the-call's-access-token")
        .append_pair(
            "auth[application_token]",
            &app.installation.application_token(),
        );
    assert_eq!(app.post("/robot", body.finish()).await.0, 200);
}

/// Waits until this many calls are dead.
async fn wait_dead(app: &TestApp, expected: usize) {
    eventually("the dead letters", async || {
        let calls = app.calls().await;
        let stages = calls.iter().map(|call| call.state.stage());
        stages.filter(|stage| *stage == CallStage::Dead).count() == expected
    })
    .await;
}

#[tokio::test]
async fn without_a_password_there_is_no_page() {
    let app = TestApp::count(1).await;
    for path in ["calls", "calls/1", "calls/list", "calls.css"] {
        assert_eq!(get(&app, path).await.status, 404, "{path}");
    }
    assert_eq!(press(&app, "calls/1/retry", "", &[]).await.status, 404);
    let short = App::new("http://127.0.0.1:1").operator_password("too short");
    let error = short.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("16 characters"), "{error}");
}

#[tokio::test]
async fn the_password_is_asked_for_everywhere() {
    let app = app_with_page().await;
    for path in ["calls", "calls/1", "calls/list", "calls.css"] {
        let anonymous = send(client().get(app.url(&format!("/-/{path}")))).await;
        assert_eq!(anonymous.status, 401, "{path}");
        let challenge = "Basic realm=\"bizproc\", charset=\"UTF-8\"";
        assert_eq!(anonymous.header("www-authenticate"), challenge);
        assert_eq!(anonymous.header("cache-control"), "no-store");
    }
    for path in ["calls/1/retry", "portals/resume"] {
        let anonymous = send(client().post(app.url(&format!("/-/{path}")))).await;
        assert_eq!(anonymous.status, 401, "{path}");
    }
    let url = app.url("/-/calls");
    let known = get(&app, "calls").await;
    assert_eq!(known.status, 200);
    let cookie = known.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
    let (pair, flags) = cookie.split_once(';').unwrap();
    assert_eq!(flags, " Path=/-/; HttpOnly; SameSite=Strict");
    // Three wrong passwords are tolerated; the fourth closes the page to clients without a cookie.
    for _ in 0..4 {
        let wrong = client().get(&url).basic_auth("anna", Some("wrong"));
        assert_eq!(send(wrong).await.status, 401);
    }
    let late = get(&app, "calls").await;
    assert_eq!(late.status, 429);
    assert!(!late.header("retry-after").is_empty());
    let right = client().get(&url).basic_auth("anna", Some(PASSWORD));
    assert_eq!(send(right.header("cookie", pair)).await.status, 200);
    // The cookie replaces no password.
    let cookie_only = client().get(&url).header("cookie", pair);
    assert_eq!(send(cookie_only).await.status, 401);
}

#[tokio::test]
async fn a_dead_letter_is_retried_by_its_button() {
    let app = app_with_page().await;
    let refusal = Fault::error(400, "ERROR_ARGUMENT", "<script>alert('no')</script>");
    app.portal.fault(refusal, 1);
    let workflow = app.start_count("").await;
    wait_dead(&app, 1).await;
    let overview = get(&app, "calls").await;
    assert!(overview.text.contains("<b>1</b> dead"), "{}", overview.text);
    let record = app.calls().await.remove(0);
    let call = get(&app, &format!("calls/{}", record.number)).await;
    assert_eq!(call.status, 200);
    for part in [
        "acme_count",
        &record.event_token.fingerprint(),
        app.portal.member_id(),
        "127.0.0.1",
        "<code class=\"tag\">count</code>",
        "A dead letter with a reply that could not be delivered.",
        "ERROR_ARGUMENT",
    ] {
        assert!(call.text.contains(part), "{part} in {}", call.text);
    }
    let policy = call.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"));
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(call.header("x-robots-tag"), "noindex, nofollow");
    for page in [&overview, &call] {
        assert!(!page.text.contains("<script"), "{}", page.text);
        assert!(page.text.contains("&#60;script&#62;"), "{}", page.text);
        for secret in [
            record.event_token.as_str(),
            record.event_token.as_str().rsplit_once('.').unwrap().1,
            &app.installation.access_token(),
            &app.installation.refresh_token(),
            &app.installation.application_token(),
            PASSWORD,
        ] {
            assert!(!page.text.contains(secret), "{secret}");
        }
    }

    let form = format!("form_token={}", call.form_token());
    let retry = format!("calls/{}/retry", record.number);
    let pressed = press(&app, &retry, &form, &[("origin", &app.url(""))]).await;
    assert_eq!(pressed.status, 303);
    assert_eq!(
        pressed.header("location"),
        format!("/-/calls/{}", record.number)
    );
    assert_eq!(finish(&workflow).await.return_values["count"], 1);
    // A second press finds nothing to retry.
    assert_eq!(press(&app, &retry, &form, &[]).await.status, 409);
    let nothing = press(&app, "calls/77/retry", &form, &[]).await;
    assert_eq!(nothing.status, 404);
}

#[tokio::test]
async fn buttons_of_other_pages_do_nothing() {
    let app = app_with_page().await;
    post_unknown(&app, "t1", "gone").await;
    wait_dead(&app, 1).await;
    let page = get(&app, "calls").await;
    let form = format!("form_token={}", page.form_token());
    let number = app.calls().await[0].number;
    let retry = format!("calls/{number}/retry");
    for (form, headers) in [
        ("", vec![]),
        ("form_token=", vec![]),
        ("form_token=00000000000000000000000000000000", vec![]),
        (&form, vec![("origin", "https://evil.example")]),
        (&form, vec![("origin", "null")]),
        (&form, vec![("sec-fetch-site", "cross-site")]),
        (&form, vec![("sec-fetch-site", "same-site")]),
    ] {
        for path in [&*retry, "portals/resume"] {
            let response = press(&app, path, form, &headers).await;
            assert_eq!(response.status, 403, "{path} {form} {headers:?}");
        }
    }
    // A GET changes nothing.
    assert_eq!(get(&app, &retry).await.status, 405);
    wait_dead(&app, 1).await;
}

#[tokio::test]
async fn a_paused_portal_is_resumed_by_its_button() {
    let app = app_with_page().await;
    let refusal = Fault::error(403, "PAYMENT_REQUIRED", "<b>unpaid</b>");
    app.portal.fault(refusal, 1);
    let workflow = app.start_count("").await;
    let page = wait_for("the portal is paused", async || {
        let page = get(&app, "calls").await;
        page.text.contains(">Resume<").then_some(page)
    })
    .await;
    assert!(page.text.contains("&#60;b&#62;unpaid"), "{}", page.text);
    assert!(page.text.contains("<b>1</b> replied"), "{}", page.text);
    let token = page.form_token();
    let member_id = app.portal.member_id();
    let form = format!("form_token={token}&portal={member_id}");
    let pressed = press(&app, "portals/resume", &form, &[]).await;
    assert_eq!(
        (pressed.status, pressed.header("location")),
        (303, "/-/calls")
    );
    finish(&workflow).await;
    let page = get(&app, "calls").await;
    assert!(!page.text.contains(">Resume<"), "{}", page.text);
}

#[tokio::test]
async fn the_list_is_filtered_and_paged() {
    let app = app_with_page().await;
    let hostile = "a\"><img src=x onerror=alert(1)>";
    for call in 1..=60 {
        post_unknown(&app, &format!("t{call}"), hostile).await;
    }
    wait_dead(&app, 60).await;
    let calls = |page: &Response| page.text.matches("<td><a href=\"/-/calls/").count();
    let first = get(&app, "calls/list?stage=dead").await;
    assert_eq!((first.status, calls(&first)), (200, 50));
    assert!(!first.text.contains("<img"), "{}", first.text);
    let (_, link) = first.text.split_once("rel=\"next\" href=\"/-/").unwrap();
    let next = link.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(next, "calls/list?stage=dead&after=50");
    let second = get(&app, &next).await;
    assert_eq!(calls(&second), 10);
    assert!(!second.text.contains("rel=\"next\""));
    let robot: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    let member_id = app.portal.member_id();
    for (query, expected) in [
        (format!("robot={robot}&portal={member_id}"), 50),
        (format!("robot={robot}&portal={member_id}&after=58"), 2),
        ("robot=acme_count".to_owned(), 0),
        ("stage=completed".to_owned(), 0),
        ("stage=%22%3E%3Cimg%3E&after=x".to_owned(), 50),
        ("portal=%22%3E%3Cimg%3E".to_owned(), 0),
    ] {
        let page = get(&app, &format!("calls/list?{query}")).await;
        assert_eq!((page.status, calls(&page)), (200, expected), "{query}");
        assert!(!page.text.contains("<img"), "{}", page.text);
    }
    let overview = get(&app, "calls").await;
    assert_eq!(calls(&overview), 20);
    assert!(overview.text.contains(">40 more</a>"), "{}", overview.text);
    let call = get(&app, "calls/1").await;
    assert!(call.text.contains("not a robot of this program"));
    assert!(!call.text.contains("<img"), "{}", call.text);
    for number in ["0", "61", "x", "99999999999999999999999", "%00"] {
        assert_eq!(get(&app, &format!("calls/{number}")).await.status, 404);
    }
}

#[tokio::test]
async fn the_page_on_a_router_of_its_own_is_read_only() {
    let app = TestApp::count(1).await;
    post_unknown(&app, "t1", "gone").await;
    wait_dead(&app, 1).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = app.service().operator_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let url = |path: &str| format!("http://{address}/-/{path}");
    for path in ["calls", "calls/list", "calls/1", "calls.css"] {
        let page = send(client().get(url(path))).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text.contains("method=\"post\""), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
        let rebound = client().get(url(path)).header("host", "evil.example");
        assert_eq!(send(rebound).await.status, 403, "{path}");
    }
    for path in ["calls/1/retry", "portals/resume"] {
        let status = send(client().post(url(path))).await.status;
        assert_eq!(status, 404, "{path}");
    }
    wait_dead(&app, 1).await;
}

#[tokio::test]
async fn health_and_readiness_need_no_password() {
    let app = app_with_page().await;
    for (path, word) in [("health", "ok"), ("ready", "ready")] {
        let response = send(client().get(app.url(&format!("/-/{path}")))).await;
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.text, format!("{{\"status\":\"{word}\"}}"));
        assert_eq!(response.header("content-type"), "application/json");
        assert_eq!(response.header("cache-control"), "no-store");
    }
}

/// Shadow
#[derive(Robot)]
#[robot(code = "acme_shadow", handler = "/-/calls")]
struct Shadow;

#[tokio::test]
async fn robots_cannot_have_the_applications_own_paths() {
    let app = App::new("http://127.0.0.1:1")
        .robot(reply::<Ping>)
        .robot(reply::<Shadow>);
    let error = app.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("below `/-/`"), "{error}");
}
