//! The operator's page and the addresses that say whether a program is well.

use std::time::Duration;

use bizproc_portal::Fault;
use bizproc_runtime::store::{CallStage, CallState};
use bizproc_runtime::{App, Call, ErrorKind, Robot};
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::json;

use crate::fixture::robots::{Ping, count, counting};
use crate::fixture::{SOON, World};

const PASSWORD: &str = "a long enough password";

/// An application with the page behind a password.
async fn world() -> World {
    let runs = std::sync::Arc::default();
    World::with("acme_count", |app: App| {
        counting(app, &runs)
            .max_attempts(1)
            .operator_password(PASSWORD)
    })
    .await
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The page's proof that a form is its own.
    fn form_token(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("name=\"form_token\" value=\"")
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

async fn sent(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await.unwrap(),
    }
}

fn client() -> reqwest::Client {
    let policy = reqwest::redirect::Policy::none();
    let builder = reqwest::Client::builder().redirect(policy);
    builder.build().unwrap()
}

/// A page, as an operator's browser gets it.
async fn get(world: &World, path: &str) -> Answer {
    let url = format!("{}/-/{path}", world.public_url);
    sent(client().get(url).basic_auth("anna", Some(PASSWORD))).await
}

/// A button, as an operator's browser presses it, unless the headers say otherwise.
async fn press(world: &World, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
    let url = format!("{}/-/{path}", world.public_url);
    let mut request = client().post(url).basic_auth("anna", Some(PASSWORD));
    request = request.body(form.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sent(request).await
}

/// Posts a call of a robot that the application does not have, proven to come from the portal.
async fn stray(world: &World, event_token: &str, code: &str) {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("event_token", event_token)
        .append_pair("code", code)
        .append_pair("workflow_id", "w")
        .append_pair("auth[member_id]", world.portal.member_id())
        .append_pair("auth[access_token]", "the-call's-access-token")
        .append_pair(
            "auth[application_token]",
            &world.installation.application_token(),
        );
    assert_eq!(world.post("/robot", body.finish()).await.0, 200);
}

/// Waits until so many calls are given up.
async fn given_up(world: &World, expected: usize) {
    let given_up = async {
        loop {
            let calls = world.service.calls().await.unwrap();
            let dead = |state: &CallState| state.stage() == CallStage::Dead;
            let dead = calls.iter().filter(|record| dead(&record.state)).count();
            if dead == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SOON, given_up).await.unwrap();
}

#[tokio::test]
async fn without_a_password_there_is_no_page() {
    let world = count(1).await.0;
    for path in ["calls", "calls/1", "calls/list", "calls.css"] {
        assert_eq!(get(&world, path).await.status, 404, "{path}");
    }
    assert_eq!(press(&world, "calls/1/again", "", &[]).await.status, 404);
    let short = App::new("http://127.0.0.1:1").operator_password("too short");
    let error = short.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("16 characters"), "{error}");
}

#[tokio::test]
async fn the_password_is_asked_for_everywhere() {
    let world = world().await;
    for path in ["calls", "calls/1", "calls/list", "calls.css"] {
        let url = format!("{}/-/{path}", world.public_url);
        let nobody = sent(client().get(&url)).await;
        assert_eq!(nobody.status, 401, "{path}");
        let asks = "Basic realm=\"bizproc\", charset=\"UTF-8\"";
        assert_eq!(nobody.header("www-authenticate"), asks);
        assert_eq!(nobody.header("cache-control"), "no-store");
    }
    for path in ["calls/1/again", "portals/again"] {
        let url = format!("{}/-/{path}", world.public_url);
        assert_eq!(sent(client().post(&url)).await.status, 401, "{path}");
    }
    let url = format!("{}/-/calls", world.public_url);
    let known = get(&world, "calls").await;
    assert_eq!(known.status, 200);
    let cookie = known.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
    let (pair, flags) = cookie.split_once(';').unwrap();
    assert_eq!(flags, " Path=/-/; HttpOnly; SameSite=Strict");
    // Three wrong ones are nothing; the fourth closes the page to those it does not know.
    for _ in 0..4 {
        let wrong = client().get(&url).basic_auth("anna", Some("wrong"));
        assert_eq!(sent(wrong).await.status, 401);
    }
    let late = get(&world, "calls").await;
    assert_eq!(late.status, 429);
    assert!(!late.header("retry-after").is_empty());
    let right = client().get(&url).basic_auth("anna", Some(PASSWORD));
    assert_eq!(sent(right.header("cookie", pair)).await.status, 200);
    // The cookie replaces no password.
    let cookie_only = client().get(&url).header("cookie", pair);
    assert_eq!(sent(cookie_only).await.status, 401);
}

#[tokio::test]
async fn a_call_that_was_given_up_is_tried_again() {
    let world = world().await;
    let refusal = Fault::error(400, "ERROR_ARGUMENT", "<script>alert('no')</script>");
    world.portal.fault(refusal, 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    given_up(&world, 1).await;
    let overview = get(&world, "calls").await;
    assert!(overview.text.contains("<b>1</b> dead"), "{}", overview.text);
    let record = world.service.calls().await.unwrap().remove(0);
    let call = get(&world, &format!("calls/{}", record.number)).await;
    assert_eq!(call.status, 200);
    for part in [
        "acme_count",
        &record.event_token.fingerprint(),
        world.portal.member_id(),
        "127.0.0.1",
        "<code class=\"tag\">count</code>",
        "Given up with an answer that could not be sent.",
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
            &world.installation.access_token(),
            &world.installation.refresh_token(),
            &world.installation.application_token(),
            PASSWORD,
        ] {
            assert!(!page.text.contains(secret), "{secret}");
        }
    }

    let form = format!("form_token={}", call.form_token());
    let again = format!("calls/{}/again", record.number);
    let pressed = press(&world, &again, &form, &[("origin", &world.public_url)]).await;
    assert_eq!(pressed.status, 303);
    assert_eq!(
        pressed.header("location"),
        format!("/-/calls/{}", record.number)
    );
    let outcome = workflow.wait_finished(SOON).await.unwrap();
    assert_eq!(outcome.return_values["count"], 1);
    // Twice is once.
    assert_eq!(press(&world, &again, &form, &[]).await.status, 409);
    let nothing = press(&world, "calls/77/again", &form, &[]).await;
    assert_eq!(nothing.status, 404);
}

#[tokio::test]
async fn buttons_of_other_pages_do_nothing() {
    let world = world().await;
    stray(&world, "t1", "gone").await;
    given_up(&world, 1).await;
    let page = get(&world, "calls").await;
    let form = format!("form_token={}", page.form_token());
    let number = world.service.calls().await.unwrap()[0].number;
    let again = format!("calls/{number}/again");
    for (form, headers) in [
        ("", vec![]),
        ("form_token=", vec![]),
        ("form_token=00000000000000000000000000000000", vec![]),
        (&form, vec![("origin", "https://evil.example")]),
        (&form, vec![("origin", "null")]),
        (&form, vec![("sec-fetch-site", "cross-site")]),
        (&form, vec![("sec-fetch-site", "same-site")]),
    ] {
        for path in [&*again, "portals/again"] {
            let answer = press(&world, path, form, &headers).await;
            assert_eq!(answer.status, 403, "{path} {form} {headers:?}");
        }
    }
    // Nothing is done by looking.
    assert_eq!(get(&world, &again).await.status, 405);
    given_up(&world, 1).await;
}

#[tokio::test]
async fn a_portal_is_tried_now() {
    let world = world().await;
    let refusal = Fault::error(403, "PAYMENT_REQUIRED", "<b>unpaid</b>");
    world.portal.fault(refusal, 1);
    let workflow = world.portal.run("acme_count", json!({})).await.unwrap();
    let parked = async {
        loop {
            let page = get(&world, "calls").await;
            if page.text.contains("Try now") {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let page = tokio::time::timeout(SOON, parked).await.unwrap();
    assert!(page.text.contains("&#60;b&#62;unpaid"), "{}", page.text);
    assert!(page.text.contains("<b>1</b> answered"), "{}", page.text);
    let (token, member_id) = (page.form_token(), world.portal.member_id());
    let form = format!("form_token={token}&portal={member_id}");
    let pressed = press(&world, "portals/again", &form, &[]).await;
    assert_eq!(
        (pressed.status, pressed.header("location")),
        (303, "/-/calls")
    );
    workflow.wait_finished(SOON).await.unwrap();
    let page = get(&world, "calls").await;
    assert!(!page.text.contains("Try now"), "{}", page.text);
}

#[tokio::test]
async fn the_list_is_filtered_and_paged() {
    let world = world().await;
    let hostile = "a\"><img src=x onerror=alert(1)>";
    for call in 1..=60 {
        stray(&world, &format!("t{call}"), hostile).await;
    }
    given_up(&world, 60).await;
    let calls = |page: &Answer| page.text.matches("<td><a href=\"/-/calls/").count();
    let first = get(&world, "calls/list?stage=dead").await;
    assert_eq!((first.status, calls(&first)), (200, 50));
    assert!(!first.text.contains("<img"), "{}", first.text);
    let next = first.text.split("rel=\"next\" href=\"/-/").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(next, "calls/list?stage=dead&after=50");
    let second = get(&world, &next).await;
    assert_eq!(calls(&second), 10);
    assert!(!second.text.contains("rel=\"next\""));
    let robot = url::form_urlencoded::byte_serialize(hostile.as_bytes());
    let robot = robot.collect::<String>();
    let member_id = world.portal.member_id();
    for (query, expected) in [
        (format!("robot={robot}&portal={member_id}"), 50),
        (format!("robot={robot}&portal={member_id}&after=58"), 2),
        ("robot=acme_count".to_owned(), 0),
        ("stage=settled".to_owned(), 0),
        ("stage=%22%3E%3Cimg%3E&after=x".to_owned(), 50),
        ("portal=%22%3E%3Cimg%3E".to_owned(), 0),
    ] {
        let page = get(&world, &format!("calls/list?{query}")).await;
        assert_eq!((page.status, calls(&page)), (200, expected), "{query}");
        assert!(!page.text.contains("<img"), "{}", page.text);
    }
    let overview = get(&world, "calls").await;
    assert_eq!(calls(&overview), 20);
    assert!(overview.text.contains(">40 more</a>"), "{}", overview.text);
    let call = get(&world, "calls/1").await;
    assert!(call.text.contains("not a robot of this program"));
    assert!(!call.text.contains("<img"), "{}", call.text);
    for number in ["0", "61", "x", "99999999999999999999999", "%00"] {
        assert_eq!(get(&world, &format!("calls/{number}")).await.status, 404);
    }
}

#[tokio::test]
async fn the_page_of_its_own_router_only_shows() {
    let world = count(1).await.0;
    stray(&world, "t1", "gone").await;
    given_up(&world, 1).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.service.operator_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let url = |path: &str| format!("http://{address}/-/{path}");
    for path in ["calls", "calls/list", "calls/1", "calls.css"] {
        let page = sent(client().get(url(path))).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text.contains("method=\"post\""), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
        let rebound = client().get(url(path)).header("host", "evil.example");
        assert_eq!(sent(rebound).await.status, 403, "{path}");
    }
    for path in ["calls/1/again", "portals/again"] {
        let status = sent(client().post(url(path))).await.status;
        assert_eq!(status, 404, "{path}");
    }
    given_up(&world, 1).await;
}

#[tokio::test]
async fn anybody_may_ask_whether_the_program_is_well() {
    let world = world().await;
    for (path, word) in [("health", "ok"), ("ready", "ready")] {
        let url = format!("{}/-/{path}", world.public_url);
        let answer = sent(client().get(url)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.text, format!("{{\"status\":\"{word}\"}}"));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

/// Shadow
#[derive(Robot)]
#[robot(code = "acme_shadow", handler = "/-/calls")]
struct Shadow;

#[tokio::test]
async fn robots_do_not_take_the_applications_own_paths() {
    let app = App::new("http://127.0.0.1:1")
        .robot(|call: Call<Ping>| async move { call.reply(()).await })
        .robot(|call: Call<Shadow>| async move { call.reply(()).await });
    let error = app.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("below `/-/`"), "{error}");
}
