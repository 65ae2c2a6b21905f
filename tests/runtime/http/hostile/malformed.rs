//! Requests that no client makes.

use bizproc_runtime::app::DEFAULT_BODY_LIMIT;

use super::facts::{Facts, form};
use super::wire::{Attack, Framing, Request};

pub(crate) fn all(facts: &Facts) -> Vec<Attack> {
    let heads = [heads(), lines(facts), ends(facts)].concat();
    [heads, sizes(facts), bodies(facts)].concat()
}

/// Heads that are too much.
fn heads() -> Vec<Attack> {
    let request = || Request::post("/robot", "a=b");
    let many = |count: usize| {
        let range = 0..count;
        range.fold(request(), |request, number| {
            request.header(&format!("X-{number}"), "1")
        })
    };
    let mut query = request();
    query.target = format!("/robot?{}", "a".repeat(70_000));
    let mut path = request();
    path.target = "/a".repeat(10_000);
    [
        ("a hundred and one headers", many(101)),
        ("thousands of headers", many(5000)),
        (
            "a giant header",
            request().header("X", vec![b'a'; 1_000_000]),
        ),
        ("a giant name", request().header(&"a".repeat(40_000), "1")),
        (
            "a giant cookie",
            request().header("Cookie", vec![b'a'; 33_000]),
        ),
        ("a giant query", query),
        ("a giant path", path),
        ("two hosts", request().header("Host", "evil.example")),
        ("two lengths", request().header("Content-Length", "7")),
        (
            "a negative length",
            request()
                .framed(Framing::Nothing)
                .header("Content-Length", "-1"),
        ),
        ("length and chunks", request().framed(Framing::Both)),
        ("a header in two lines", request().header("X", "1\r\n 2")),
        ("a header without a name", request().header("", "1")),
        ("a header with zeros", request().header("X", b"a\0b")),
        ("a header in Latin", request().header("X", b"\xe4\xff")),
        (
            "an upgrade",
            request()
                .header("Connection", "upgrade")
                .header("Upgrade", "websocket"),
        ),
        (
            "an upgrade to HTTP/2",
            request()
                .header("Upgrade", "h2c")
                .header("HTTP2-Settings", ""),
        ),
        ("an expectation", request().header("Expect", "the-worst")),
    ]
    .map(|(what, request)| Attack::new(what, request.bytes()))
    .into()
}

/// Other methods, paths and versions.
fn lines(facts: &Facts) -> Vec<Attack> {
    let body = form(&facts.call());
    let mut all = Vec::new();
    let mut line = |method: &str, target: &str, version| {
        let mut request = Request::post(target, body.as_str());
        method.clone_into(&mut request.method);
        request.version = version;
        all.push(Attack::new(
            format!("{method} {target} {version}"),
            request.bytes(),
        ));
    };
    for method in [
        "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X", "post",
    ] {
        line(method, "/robot", "HTTP/1.1");
        line(method, "/install", "HTTP/1.1");
    }
    for version in ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.9", "HTTP", ""] {
        line("POST", "/robot", version);
    }
    for target in [
        "/",
        "//robot",
        "/robot/",
        "/robot/..",
        "/../robot",
        "/%72obot",
        "/robot%00",
        "/ROBOT",
        "/install/x",
        "*",
        "robot",
        "/robot#a",
        "/robot\u{e9}",
        "/robot;a=b",
        "/.env",
        "/-/",
        "/-/nothing",
        "/-/metrics",
    ] {
        line("POST", target, "HTTP/1.1");
    }
    line("POST", &format!("http://{}/robot", facts.trap), "HTTP/1.1");
    line("CONNECT", &facts.trap, "HTTP/1.1");
    line("GET", &format!("/robot?{body}"), "HTTP/1.1");
    all
}

/// Bodies that are too long, by their word or in fact.
fn sizes(facts: &Facts) -> Vec<Attack> {
    let mut body = form(&facts.call()).into_bytes();
    let short = body.clone();
    body.extend(b"&x=");
    body.resize(DEFAULT_BODY_LIMIT + 1, b'1');
    let long = |framing| Request::post("/robot", body.clone()).framed(framing);
    let said = |length| Request::post("/robot", short.clone()).framed(Framing::Wrong(length));
    let expecting = said(usize::MAX / 2).header("Expect", "100-continue");
    let giant_event = Request::post("/install", body.clone()).framed(Framing::Chunked(65_536));
    [
        ("a long body", long(Framing::Length)),
        ("a long body in chunks", long(Framing::Chunked(10_000))),
        (
            "a long body in one chunk",
            long(Framing::Chunked(usize::MAX)),
        ),
        ("a long event", giant_event),
        ("a body said to be long", said(DEFAULT_BODY_LIMIT + 1)),
        ("a body said to be endless", said(usize::MAX / 2)),
        ("a body said to be longer than numbers", said(usize::MAX)),
        ("leave for an endless body", expecting),
    ]
    .map(|(what, request)| Attack::new(what, request.bytes()))
    .into()
}

/// Bodies of fields that no portal sends.
fn bodies(facts: &Facts) -> Vec<Attack> {
    let call = form(&facts.call());
    let deep = |open: &str, depth: usize| format!("{call}&auth{}=1", open.repeat(depth));
    let many = |key: &str, count: usize| format!("{}{call}", key.repeat(count));
    let mut all = vec![Attack::post("nothing", "/robot", "")];
    for (what, body) in [
        ("deep fields", deep("[a]", 10_000)),
        ("open brackets", deep("[", 10_000)),
        ("empty brackets", deep("[]", 10_000)),
        (
            "the same field many times",
            many("auth[member_id]=x&", 20_000),
        ),
        ("many fields", many("a[]=1&", 100_000)),
        ("nothing but separators", many("&=", 500_000)),
        ("a huge key", format!("{}=1&{call}", "k".repeat(1_000_000))),
        ("a huge index", format!("a[99999999999999999999]=1&{call}")),
        ("a negative index", format!("auth[-1]=1&{call}")),
        (
            "a key that is not there",
            format!("[application_token]=1&{call}"),
        ),
        ("a value over a map", format!("{call}&auth=1")),
        ("a map over a value", format!("{call}&code[x]=1")),
        ("a broken percent", format!("%=%&%4=%zz&{call}%")),
        ("zeros", format!("%00=%00&{call}%00")),
        (
            "a member of wrong bytes",
            call.replace(&facts.members[0], "%ff%fe"),
        ),
        ("a code of wrong bytes", call.replace(&facts.code, "%c0%af")),
        (
            "a line break to log",
            call.replace(&facts.members[0], "x%0d%0aERROR%20forged"),
        ),
        (
            "a terminal's codes to log",
            call.replace(&facts.members[0], "%1b%5b2J"),
        ),
        ("SQL", call.replace(&facts.members[0], "'%20OR%201=1;--")),
    ] {
        all.push(Attack::post(what, "/robot", body.as_str()));
        all.push(Attack::post(what, "/install", body));
    }
    let raw = [b"\xff\xfe\x00=\xc3\x28&".to_vec(), call.into_bytes()].concat();
    all.push(Attack::post("bytes that are no text", "/robot", raw));
    all
}

/// Connections that end in the middle, are too long, or speak something else.
fn ends(facts: &Facts) -> Vec<Attack> {
    let request = Request::post("/robot", form(&facts.call()));
    let whole = request.bytes();
    let chunked = request.clone().framed(Framing::Chunked(50)).bytes();
    let mut all = Vec::new();
    for part in 1..10 {
        let cut = |bytes: &[u8]| bytes[..bytes.len() * part / 10].to_vec();
        all.push(Attack::new(format!("{part}/10 of a call"), cut(&whole)));
        all.push(Attack::new(
            format!("{part}/10 of a call in chunks"),
            cut(&chunked),
        ));
    }
    let garbage = [whole.clone(), b"\0\x01\x02 garbage \r\n\r\n".to_vec()].concat();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let hello = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03zqzqzqzqzqzqzqzqzqzqzqzqzqzqzqzq\x00\x00\x02\x13\x01\x01\x00";
    let chunk = |size: &str| {
        let head = "POST /robot HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}{size}\r\nx=1\r\n0\r\n\r\n").into_bytes()
    };
    all.extend([
        Attack::new("a call and garbage", garbage),
        Attack::new("ten calls in one", whole.repeat(10)),
        Attack::new("HTTP/2", &preface[..]),
        Attack::new("TLS", &hello[..]),
        Attack::new("nothing but lines", b"\r\n".repeat(1000)),
        Attack::new("nothing but zeros", vec![0; 100_000]),
        Attack::new("SMTP", &b"EHLO evil.example\r\n"[..]),
        Attack::new(
            "a proxy's preface",
            &b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n"[..],
        ),
        Attack::new("a chunk of no length", chunk("")),
        Attack::new("a chunk of a wrong length", chunk("zz")),
        Attack::new("an endless chunk", chunk("ffffffffffffffff")),
        Attack::new(
            "a chunk of a giant extension",
            chunk(&format!("3;{}", "a".repeat(100_000))),
        ),
    ]);
    all
}
