use axum::body::Body;
use axum::http::StatusCode;
use hyper::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;

use super::*;
use crate::app::install::INSTALL_PATH;
use crate::definition::DEFAULT_HANDLER_PATH;
use crate::portal::{Portal, parse_endpoint};

/// Parts of bodies that get far.
const PARTS: &[&str] = &[
    "&",
    "&",
    "=",
    "=",
    "[",
    "]",
    "%",
    "%5B",
    "%5D",
    "%FF",
    "%0",
    "+",
    "{",
    "}",
    "\"",
    ":",
    ",",
    "event_token=t",
    "code=nothing",
    "workflow_id=w",
    "ts=18446744073709551615",
    "auth[member_id]=m",
    "auth[application_token]=a",
    "auth[access_token]=x",
    "auth[server_endpoint]=https://evil.example/",
    "auth[client_endpoint]=http://[::1]/",
    "event=ONAPPINSTALL",
    "event=ONAPPUPDATE",
    "event=ONAPPUNINSTALL",
    "event=ONSOMETHING",
    "properties[x]=1",
    "properties[][][]=1",
    "timeout_duration=99999999999999999999",
    "{\"auth\":{\"member_id\":\"m\",\"application_token\":\"a\"},\"event_token\":\"t\"",
];

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let part = proptest::sample::select(PARTS).prop_map(|part| part.as_bytes().to_vec());
    let bytes = proptest::collection::vec(any::<u8>(), 0..8);
    let parts = proptest::collection::vec(prop_oneof![8 => part, 1 => bytes], 0..40);
    prop_oneof![
        2 => parts.clone().prop_map(|parts| parts.join(&b'&')),
        2 => parts.prop_map(|parts| parts.concat()),
        1 => proptest::collection::vec(any::<u8>(), 0..2000),
    ]
}

fn portal() -> Portal {
    // No server is there, and none is asked: no installation names a server that may vouch.
    let client = parse_endpoint("http://[::1]:1/").unwrap();
    let server = parse_endpoint("https://[::1]:1/").unwrap();
    let mut portal = Portal::new("m", "c", client, server);
    portal.application_token = "a".into();
    portal
}

#[test]
fn no_body_is_the_applications_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let app = App::new("https://app.example").store(Arc::new(Memory::new()));
    let service = app.start().unwrap();
    let install = || {
        let saved = runtime.block_on(service.store().save_portal(Arc::new(portal())));
        saved.unwrap();
    };
    install();
    let application = TowerToHyperService::new(service.router());
    let paths = proptest::sample::select(&[INSTALL_PATH, DEFAULT_HANDLER_PATH][..]);
    proptest!(|(body in bodies(), path in paths)| {
        let request = Request::post(path).body(Body::from(body)).unwrap();
        let response = runtime.block_on(application.call(request));
        let status = response.unwrap().status();
        prop_assert!(!status.is_server_error(), "{status}");
    });
    // Some of them uninstalled the application, rightly.
    install();
    let body = "event_token=u&code=nothing&workflow_id=w&auth[member_id]=m\
                &auth[application_token]=a";
    let request = Request::post(DEFAULT_HANDLER_PATH).body(Body::from(body));
    let response = runtime.block_on(application.call(request.unwrap()));
    assert_eq!(response.unwrap().status(), StatusCode::OK);
}
