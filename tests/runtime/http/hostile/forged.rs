//! Requests that are well formed and not a portal's.

use super::facts::{FORGED, Facts, form, with};
use super::wire::{Attack, Framing, Request};

pub(crate) fn all(facts: &Facts) -> Vec<Attack> {
    [calls(facts), events(facts), pages()].concat()
}

/// Calls that do not prove their portal.
fn calls(facts: &Facts) -> Vec<Attack> {
    let token = "auth[application_token]";
    let member = "auth[member_id]";
    let [other, others_token] = [&facts.members[1], &facts.event_tokens[1]];
    let changes: &[(&str, &[(&str, &str)])] = &[
        ("wrong application token", &[]),
        ("no application token", &[(token, "")]),
        (
            "the event token for proof",
            &[(token, &facts.event_tokens[0])],
        ),
        ("an access token for proof", &[(token, &facts.ordinary)]),
        ("an unknown portal", &[(member, "unknown")]),
        ("no portal", &[(member, "")]),
        ("the other portal", &[(member, other)]),
        (
            "an event token of the other portal",
            &[("event_token", others_token)],
        ),
        (
            "the other portal and its token",
            &[(member, other), ("event_token", others_token)],
        ),
        ("no code", &[("code", "")]),
        ("another code", &[("code", "acme_nothing")]),
        ("no event token", &[("event_token", "")]),
        ("no workflow", &[("workflow_id", "")]),
        ("the beginning of time", &[("ts", "0")]),
        ("the end of time", &[("ts", "18446744073709551615")]),
        ("a time before time", &[("ts", "-1")]),
        (
            "an endless time",
            &[("timeout_duration", "18446744073709551615")],
        ),
    ];
    let here = changes.iter().map(|(what, changes)| {
        let body = form(&with(facts.call(), changes));
        Attack::post(&format!("a call with {what}"), "/robot", body)
    });
    let body = form(&facts.call());
    let elsewhere = [
        Attack::post("a call to the install address", "/install", body.as_str()),
        Attack::post(
            "a call with arrays",
            "/robot",
            body.replace("token]=", "token][]="),
        ),
        Attack::post("a call in upper case", "/robot", body.to_ascii_uppercase()),
        Attack::post("two calls in one", "/robot", format!("{body}&{body}")),
    ];
    here.chain(elsewhere).collect()
}

const SERVER: &str = "auth[server_endpoint]";
const CLIENT: &str = "auth[client_endpoint]";
const ACCESS: &str = "auth[access_token]";

const EVENTS: [&str; 5] = [
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPUNINSTALL",
    "onappinstall",
    "ONCRMDEALADD",
];

/// Installations, updates and uninstallations of no portal.
fn events(facts: &Facts) -> Vec<Attack> {
    let mut all = Vec::new();
    for name in EVENTS {
        for (what, form) in event_forms(facts, name) {
            let what = format!("{name} with {what}");
            all.push(Attack::post(&what, "/install", form));
        }
        let what = format!("{name} to the robots");
        all.push(Attack::post(&what, "/robot", form(&facts.event(name))));
    }
    all
}

/// Forged forms of an event, each with what is wrong.
fn event_forms(facts: &Facts, event: &str) -> Vec<(&'static str, String)> {
    let trap = |host: &str| {
        let (_, port) = facts.trap.split_once(':').unwrap();
        format!("http://{host}:{port}/rest/")
    };
    let domain = trap("127.0.0.2");
    let named = trap("localhost");
    let any = trap("[::ffff:127.0.0.2]");
    let changes: &[(&'static str, &[(&str, &str)])] = &[
        ("a guessed token", &[]),
        (
            "a guessed token and the real address",
            &[(CLIENT, &facts.client)],
        ),
        (
            "an ordinary user's token",
            &[(CLIENT, &facts.client), (ACCESS, &facts.ordinary)],
        ),
        (
            "another application's token",
            &[(CLIENT, &facts.client), (ACCESS, &facts.foreign)],
        ),
        (
            "the ordinary user's token elsewhere",
            &[(ACCESS, &facts.ordinary)],
        ),
        (
            "another portal",
            &[
                ("auth[member_id]", &facts.members[1]),
                (ACCESS, &facts.ordinary),
            ],
        ),
        ("a server of its own", &[(SERVER, &domain)]),
        ("a server by a name", &[(SERVER, &named)]),
        ("a server by a mapped address", &[(SERVER, &any)]),
        (
            "a server without TLS",
            &[(SERVER, "http://oauth.bitrix.info/rest/")],
        ),
        (
            "a server that looks right",
            &[(SERVER, "https://oauth.bitrix.info.evil.example/")],
        ),
        (
            "a server behind a name",
            &[(SERVER, "https://oauth.bitrix.info@evil.example/")],
        ),
        ("a file for server", &[(SERVER, "file:///etc/passwd")]),
        ("no server", &[(SERVER, "")]),
        ("no portal address", &[(CLIENT, "")]),
        ("no access token", &[(ACCESS, "")]),
        ("no application token", &[("auth[application_token]", "")]),
    ];
    changes
        .iter()
        .map(|(what, changes)| (*what, form(&with(facts.event(event), changes))))
        .collect()
}

/// What stands below `/-/`.
fn pages() -> Vec<Attack> {
    let mut all = Vec::new();
    let get = |method: &str, path: &str| {
        let mut request = Request::post(path, "").framed(Framing::Nothing);
        method.clone_into(&mut request.method);
        request
    };
    for path in [
        "/-/calls",
        "/-/calls/1",
        "/-/calls/list",
        "/-/calls/1/again",
        "/-/portals/again",
        "/-/calls.css",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            all.push(Attack::new(
                format!("{method} {path}"),
                get(method, path).bytes(),
            ));
            // "zqForgedToken:x" and ":zqForgedToken".
            for basic in ["enFGb3JnZWRUb2tlbjp4", "OnpxRm9yZ2VkVG9rZW4=", "!", ""] {
                let request = get(method, path).header("Authorization", format!("Basic {basic}"));
                all.push(Attack::new(
                    format!("{method} {path} as {basic:?}"),
                    request.bytes(),
                ));
            }
            let request = get(method, path).header("Cookie", format!("bizproc={FORGED}"));
            all.push(Attack::new(
                format!("{method} {path} with a cookie"),
                request.bytes(),
            ));
        }
    }
    for path in ["/-/health", "/-/ready"] {
        let bearer = get("GET", path).header("Authorization", format!("Bearer {FORGED}"));
        all.push(Attack::harmless(format!("GET {path}"), bearer.bytes()));
        let mut bodied = get("GET", path).framed(Framing::Wrong(1_000_000));
        bodied.body = vec![b'a'; 1000];
        all.push(Attack::harmless(
            format!("GET {path} with a body"),
            bodied.bytes(),
        ));
        all.push(Attack::new(
            format!("POST {path}"),
            get("POST", path).bytes(),
        ));
    }
    all
}
