//! Bodies in other encodings and of other types: none is unpacked, none is taken for a call.

use super::facts::{FORGED, Facts, TYPED, form};
use super::wire::{Attack, Framing, Request};

pub(crate) fn all(facts: &Facts) -> Vec<Attack> {
    let body = form(&facts.call());
    let mut all = Vec::new();
    for encoding in [
        "gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "gzip, gzip",
        "identity",
    ] {
        for bytes in [body.as_bytes(), GZIP] {
            let request = Request::post("/robot", bytes).header("Content-Encoding", encoding);
            let what = format!("{} bytes in {encoding}", bytes.len());
            all.push(Attack::new(what, request.bytes()));
        }
        let request = Request::post("/robot", GZIP)
            .header("Transfer-Encoding", encoding)
            .framed(Framing::Nothing);
        all.push(Attack::new(
            format!("transfer in {encoding}"),
            request.bytes(),
        ));
    }
    let json = format!(
        r#"{{"event_token":"{}","code":"{}","workflow_id":"w","properties":{{"text":"{TYPED}"}},
        "auth":{{"member_id":"{}","application_token":"{FORGED}","domain":"{}"}}}}"#,
        facts.event_tokens[0], facts.code, facts.members[0], facts.trap
    );
    let parts = body.split('&').map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n")
    });
    let parts = format!("{}--b--\r\n", parts.collect::<String>());
    let xml = format!(
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"http://{}/\">]><a>&b;</a>",
        facts.trap
    );
    for (kind, body) in [
        ("application/json", json.as_str()),
        ("text/plain", &json),
        ("application/json", &json[..json.len() / 2]),
        ("application/json", &"{\"a\":".repeat(100_000)),
        (
            "application/json",
            &format!("{{\"auth\":{}1", "[".repeat(100_000)),
        ),
        ("multipart/form-data; boundary=b", &parts),
        ("multipart/form-data", &parts),
        ("application/xml", &xml),
        ("application/x-www-form-urlencoded; charset=utf-16", &body),
        ("", &body),
    ] {
        let request = Request::post("/robot", body).header("Content-Type", kind);
        let what = format!("{} bytes as {kind:?}", body.len());
        all.push(Attack::new(what, request.bytes()));
    }
    all
}

/// A hundred thousand `a`, packed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xac\xeb\x5f\xc2\x1a\
    \x1e\x40\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\xaf\x06\x87\xfa\xe2\x1b\xa0\x86\x01\x00";
