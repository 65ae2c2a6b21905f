//! `GET /workflow/{id}`: the live timeline of a workflow.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;

use crate::face::control::refusal::Refusal;
use crate::face::control::state;
use crate::face::page::frame::{Frame, html, refused, segment};
use crate::face::page::timeline_entry::{Entry, ending};
use crate::model::shared::Shared;
use crate::model::state::State;

#[derive(Debug, Template)]
#[template(path = "workflow.html")]
struct Timeline {
    frame: Frame,
    id: String,
    code: String,
    /// Its step's page, if the robot is still registered.
    step: Option<String>,
    entries: Vec<Entry>,
    is_alive: bool,
    waiting: Option<Waiting>,
    ending: String,
    outputs: Vec<(String, String)>,
    log: Vec<String>,
    was_called: bool,
}

/// A step that waits for its reply.
#[derive(Debug)]
struct Waiting {
    status: String,
    /// Milliseconds of Unix time.
    deadline: Option<i64>,
    deadline_text: String,
}

pub(crate) async fn show(
    Extract(shared): Extract<Arc<Shared>>,
    Path(id): Path<String>,
) -> Response {
    let here = format!("/workflow/{}", segment(&id));
    let frame = Frame::new(&shared, "Workflow", here);
    let page = compose(&shared, &shared.lock(), frame, &id);
    match page {
        Some(page) => html(StatusCode::OK, &page),
        None => refused(
            &shared,
            &Refusal::not_found("There is no such workflow."),
            "/",
        ),
    }
}

fn compose(shared: &Shared, state: &State, frame: Frame, id: &str) -> Option<Timeline> {
    let instance = state.workflows.get(id)?;
    let endpoint = shared.client_endpoint();
    let clock = |at| shared.iso(at);
    let own = state
        .history
        .iter()
        .filter(|record| record.event.workflow_id() == Some(id));
    let mut entries: Vec<Entry> = own
        .map(|record| Entry::from_record(record, clock, &endpoint))
        .collect();
    distinguish(&mut entries);
    let code = entries
        .iter()
        .find(|entry| entry.key.ends_with("-started"))
        .map(|entry| entry.text.clone())
        .unwrap_or_default();
    let step = state
        .registry
        .by_code(&code, None)
        .map(|row| format!("/robot/{}/{}", segment(&row.client_id), segment(&row.code)));
    let json = serde_json::to_value(&instance.ending).unwrap_or_default();
    let outputs = instance.return_values().into_iter();
    Some(Timeline {
        frame,
        id: id.to_owned(),
        code,
        step,
        was_called: entries.iter().any(|entry| entry.tone == "call"),
        entries,
        is_alive: instance.is_alive(),
        waiting: waiting(shared, state, id),
        ending: ending(&json),
        outputs: outputs
            .map(|(name, value)| (name, printed(&value)))
            .collect(),
        log: instance.log().to_vec(),
    })
}

fn waiting(shared: &Shared, state: &State, id: &str) -> Option<Waiting> {
    let deadline = state::waiting(shared, state, id)?.deadline;
    let status = &state.workflows.get(id)?.status;
    let text = |deadline| jiff::Timestamp::from_millisecond(deadline).ok();
    Some(Waiting {
        status: status.clone(),
        deadline,
        deadline_text: deadline
            .and_then(text)
            .map(|deadline| shared.iso(deadline))
            .unwrap_or_default(),
    })
}

/// Copies of a call are recorded at the same moment.
fn distinguish(entries: &mut [Entry]) {
    let mut seen = std::collections::HashMap::new();
    for entry in entries {
        let count: &mut u32 = seen.entry(entry.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            entry.key = format!("{}-{count}", entry.key);
        }
    }
}

fn printed(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "—".to_owned(),
        other => other.to_string(),
    }
}
