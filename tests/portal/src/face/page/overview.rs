//! `GET /`: everything at a glance.

use std::sync::Arc;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;

use crate::engine::lint::findings::findings;
use crate::face::control::facts::facts;
use crate::face::page::frame::{Frame, html, segment};
use crate::face::page::timeline_entry::ending;
use crate::model::history::{Event, Outgoing};
use crate::model::registry::Registration;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::dialog::{DOCUMENT_KINDS, shown, shows};
use crate::rules::php::Value;
use crate::rules::registration::kind::Kind;

#[derive(Debug, Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    url: String,
    member_id: String,
    applications: Vec<ApplicationRow>,
    steps: Vec<StepRow>,
    workflows: Vec<WorkflowRow>,
    facts: Vec<(&'static str, String)>,
}

#[derive(Debug)]
struct ApplicationRow {
    client_id: String,
    url: String,
    installed: bool,
    version: i64,
    notified: String,
    was_reached: bool,
}

#[derive(Debug)]
struct StepRow {
    href: String,
    kind: &'static str,
    code: String,
    name: String,
    description: String,
    /// The kinds of documents it is offered for.
    shown_for: Vec<&'static str>,
    everywhere: bool,
    findings: usize,
}

#[derive(Debug)]
struct WorkflowRow {
    id: String,
    href: String,
    code: String,
    at: String,
    state: String,
    tone: &'static str,
}

pub(crate) async fn show(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let frame = Frame::new(&shared, "Portal", "/");
    let page = compose(&shared, &shared.lock(), frame);
    html(StatusCode::OK, &page)
}

fn compose(shared: &Shared, state: &State, frame: Frame) -> Overview {
    let applications = state.installations.iter().map(|(client_id, app)| ApplicationRow {
        client_id: client_id.clone(),
        url: app.url.clone(),
        installed: app.installed,
        version: app.version,
        notified: app.last_notification.outcome.to_string(),
        was_reached: matches!(&app.last_notification.outcome, Outgoing::Responded(response) if response.status < 300),
    });
    Overview {
        frame,
        url: shared.url.clone(),
        member_id: shared.member_id.clone(),
        applications: applications.collect(),
        steps: state.registry.iter().map(|row| step(shared, row)).collect(),
        workflows: workflows(shared, state),
        facts: facts(&shared.settings),
    }
}

fn step(shared: &Shared, row: &Registration) -> StepRow {
    let language = &shared.settings.language;
    let label = |column: &str| row.fields.get(column).map(|label| shown(label, language));
    let edition = shared.settings.edition.code();
    let filter = row.fields.get("FILTER");
    let shown_for: Vec<_> = DOCUMENT_KINDS
        .iter()
        .filter(|kind| shows(filter, Some(kind.document_type), edition))
        .map(|kind| kind.title)
        .collect();
    StepRow {
        href: format!("/robot/{}/{}", segment(&row.client_id), segment(&row.code)),
        kind: kind_name(row.kind),
        code: row.code.clone(),
        name: label("NAME").unwrap_or_default(),
        description: label("DESCRIPTION").unwrap_or_default(),
        everywhere: shown_for.len() == DOCUMENT_KINDS.len(),
        shown_for,
        findings: findings(row, &shared.settings).len(),
    }
}

pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Robot => "Robot",
        Kind::Activity => "Activity",
    }
}

/// The newest first.
fn workflows(shared: &Shared, state: &State) -> Vec<WorkflowRow> {
    let started = state
        .history
        .iter()
        .rev()
        .filter_map(|record| match &record.event {
            Event::Started {
                workflow_id, code, ..
            } => Some((record.at, workflow_id, code)),
            _ => None,
        });
    let mut seen = std::collections::HashSet::new();
    started
        .filter(|(_, id, _)| seen.insert((*id).clone()))
        .filter_map(|(at, id, code)| {
            let instance = state.workflows.get(id)?;
            let how = serde_json::to_value(&instance.ending).unwrap_or_default();
            let (state, tone) = match (instance.is_alive(), instance.waits_for_reply()) {
                (false, _) => (ending(&how), "end"),
                (true, true) => ("waits for a reply".to_owned(), "wait"),
                (true, false) => ("runs".to_owned(), "start"),
            };
            Some(WorkflowRow {
                href: format!("/workflow/{}", segment(id)),
                id: id.clone(),
                code: code.clone(),
                at: shared.iso(at),
                state,
                tone,
            })
        })
        .collect()
}

/// A column as text that a page shows.
pub(crate) fn text_of(value: Option<&Value>) -> String {
    value.map(Value::to_text).unwrap_or_default()
}
