//! The overview: how many calls are in each stage, and what needs a person.

use std::sync::Arc;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Frame, failed, html};
use super::page::Page;
use super::text::{Moment, Row, host_of, rows};
use crate::app::outbox::PausedPortal;
use crate::error::Result;
use crate::store::{CallCounts, CallFilter, CallRecord, CallStage};

/// How many dead letters are shown here; the list has the others.
const DEAD_SHOWN: usize = 20;

/// How many waiting calls are shown.
const WAITING_SHOWN: usize = 5;

#[derive(Debug, Template)]
#[template(path = "operator/overview.html")]
struct Overview {
    frame: Frame,
    counts: Vec<(&'static str, u64)>,
    oldest: Option<Moment>,
    paused: Vec<Paused>,
    dead: Vec<Row>,
    /// How many more dead letters there are.
    more_dead: u64,
    waiting: Vec<Row>,
    robots: Vec<&'static str>,
}

/// A paused portal.
#[derive(Debug)]
struct Paused {
    member_id: String,
    host: String,
    reason: String,
}

pub(super) async fn show(Extract(page): Extract<Arc<Page>>) -> Response {
    match overview(&page).await {
        Ok(overview) => html(StatusCode::OK, &overview),
        Err(error) => failed(&page, &error),
    }
}

async fn overview(page: &Page) -> Result<Overview> {
    let counts = page.store().counts().await?;
    let dead = first(page, CallStage::Dead, DEAD_SHOWN).await?;
    let mut paused = Vec::new();
    for PausedPortal { member_id, reason } in page.outbox().paused() {
        paused.push(Paused {
            host: host_of(page, &member_id).await?,
            member_id,
            reason,
        });
    }
    paused.sort_by(|one, other| one.host.cmp(&other.host));
    Ok(Overview {
        frame: Frame::new(page, "Calls"),
        counts: by_stage(&counts),
        oldest: counts.oldest_open.map(Moment::new),
        paused,
        more_dead: counts
            .get(CallStage::Dead)
            .saturating_sub(dead.len() as u64),
        dead: rows(page, dead).await?,
        waiting: rows(page, longest_waiting(page).await?).await?,
        robots: page.robots().codes(),
    })
}

fn by_stage(counts: &CallCounts) -> Vec<(&'static str, u64)> {
    CallStage::ALL
        .iter()
        .map(|stage| (stage.name(), counts.get(*stage)))
        .collect()
}

/// The first calls at a stage, in the order they came.
async fn first(page: &Page, stage: CallStage, limit: usize) -> Result<Vec<CallRecord>> {
    let filter = CallFilter {
        stage: Some(stage),
        limit: Some(limit),
        ..CallFilter::default()
    };
    page.store().calls(&filter).await
}

/// The calls that have waited longest for the acknowledgement of their reply.
async fn longest_waiting(page: &Page) -> Result<Vec<CallRecord>> {
    let mut waiting = Vec::new();
    for stage in [CallStage::Accepted, CallStage::Deferred, CallStage::Replied] {
        waiting.extend(first(page, stage, WAITING_SHOWN).await?);
    }
    waiting.sort_by_key(|record| record.accepted_at);
    waiting.truncate(WAITING_SHOWN);
    Ok(waiting)
}
