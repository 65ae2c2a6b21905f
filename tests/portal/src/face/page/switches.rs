//! `GET /switches`: faults, the clock, registrations.

use std::sync::Arc;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;

use crate::face::page::fault_kinds;
use crate::face::page::fault_kinds::{FAULT_GROUPS, FaultGroup};
use crate::face::page::frame::{Frame, html};
use crate::methods::table::TABLE;
use crate::model::shared::Shared;
use crate::wire::rest::method;

#[derive(Debug, Template)]
#[template(path = "switches.html")]
struct Switches {
    frame: Frame,
    groups: &'static [FaultGroup],
    active: Vec<ActiveFault>,
    /// Each with whether it is the method of replies.
    methods: Vec<(&'static str, bool)>,
    clients: Vec<(String, String)>,
    registrations: usize,
}

#[derive(Debug)]
struct ActiveFault {
    title: String,
    detail: String,
    method: &'static str,
    times: usize,
}

pub(crate) async fn show(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let frame = Frame::new(&shared, "Switches", "/switches");
    let state = shared.lock();
    let active: Vec<ActiveFault> = state
        .faults
        .iter()
        .map(|entry| {
            let json = serde_json::to_value(&entry.fault).unwrap_or_default();
            let (name, detail) = match json.as_object().and_then(|map| map.iter().next()) {
                Some((name, value)) => (name.clone(), detail(value)),
                None => (json.as_str().unwrap_or_default().to_owned(), String::new()),
            };
            let kind = fault_kinds::kind(&name);
            ActiveFault {
                title: kind.map_or(name, |kind| kind.title.to_owned()),
                detail,
                method: entry.method.unwrap_or_default(),
                times: entry.times,
            }
        })
        .collect();
    let clients = state
        .installations
        .iter()
        .filter(|(_, app)| app.installed)
        .map(|(id, app)| (id.clone(), app.url.clone()))
        .collect();
    let registrations = state.registry.iter().count();
    drop(state);
    let page = Switches {
        frame,
        groups: &FAULT_GROUPS,
        active,
        methods: TABLE
            .methods(&shared.settings)
            .map(|method| (method.name, method.name == method::REPLY))
            .collect(),
        clients,
        registrations,
    };
    html(StatusCode::OK, &page)
}

fn detail(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(map) => {
            let parts = map.values().map(|part| {
                part.as_str()
                    .map_or_else(|| part.to_string(), str::to_owned)
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
