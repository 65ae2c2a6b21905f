//! `GET /-/state`: everything the portal knows.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use crate::face::control::facts::facts;
use crate::face::control::refusal::json_response;
use crate::model::registry::Definition;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::instance::Instance;
use crate::rules::registration::kind::Kind;

/// How a workflow waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overdue {
    /// Its deadline in milliseconds of Unix time, by the portal's clock.
    pub(crate) deadline: Option<i64>,
    /// How far the clock must move to pass it.
    pub(crate) left: Option<Duration>,
}

/// Returns how a workflow waits, if it does.
pub(crate) fn waiting(shared: &Shared, state: &State, id: &str) -> Option<Overdue> {
    let instance = state.workflows.get(id).filter(|it| it.waits_for_reply())?;
    let deadline = instance.deadline();
    Some(Overdue {
        deadline: deadline.map(jiff::Timestamp::as_millisecond),
        left: deadline.map(|deadline| {
            let left = Duration::try_from(deadline.duration_since(shared.now()));
            left.unwrap_or_default()
                .saturating_add(Duration::from_secs(1))
        }),
    })
}

pub(crate) async fn state(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let json = whole(&shared, &shared.lock());
    json_response(StatusCode::OK, &json)
}

fn whole(shared: &Shared, state: &State) -> Json {
    let of_kind = |kind: Kind| {
        let rows = state.registry.iter().filter(|row| row.kind == kind);
        rows.map(Definition::from).collect::<Vec<_>>()
    };
    let applications: Vec<Json> = state
        .installations
        .iter()
        .map(|(client_id, app)| {
            json!({
                "client_id": client_id, "url": app.url, "installed": app.installed,
                "version": app.version, "last_notification": app.last_notification,
            })
        })
        .collect();
    let workflows: Vec<Json> = state
        .workflows
        .iter()
        .map(|(id, instance)| workflow(shared, id, instance))
        .collect();
    let facts: Map<String, Json> = facts(&shared.settings)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    json!({
        "url": shared.url,
        "member_id": shared.member_id,
        "clock": shared.iso(shared.now()),
        "settings": facts,
        "applications": applications,
        "robots": of_kind(Kind::Robot),
        "activities": of_kind(Kind::Activity),
        "workflows": workflows,
        "faults": state.faults.iter().collect::<Vec<_>>(),
        "history": state.history,
    })
}

fn workflow(shared: &Shared, id: &str, instance: &Instance) -> Json {
    json!({
        "id": id,
        "waits": instance.waits_for_reply(),
        "deadline": instance.deadline().map(|deadline| shared.iso(deadline)),
        "closed": instance.closed(),
        "ending": instance.ending,
        "return_values": instance.return_values(),
        "log": instance.log(),
    })
}
