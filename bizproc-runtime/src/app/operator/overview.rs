//! Everything at a glance: how many calls stand where, and what needs a person.

use std::sync::Arc;

use askama::Template;
use axum::extract::State as Shares;
use axum::http::StatusCode;
use axum::response::Response;

use super::Page;
use super::frame::{Frame, failed, html};
use super::text::{Moment, Row, host, rows};
use crate::app::PausedPortal;
use crate::error::Result;
use crate::store::{CallCounts, CallFilter, CallRecord, CallStage};

/// How many calls that were given up are shown here; the list has the others.
const DEAD_SHOWN: usize = 20;

/// How many calls that wait are shown.
const WAITING_SHOWN: usize = 5;

#[derive(Debug, Template)]
#[template(path = "operator/overview.html")]
struct Overview {
    frame: Frame,
    counts: Vec<(&'static str, u64)>,
    oldest: Option<Moment>,
    parked: Vec<Parked>,
    dead: Vec<Row>,
    /// How many more were given up.
    more_dead: u64,
    waiting: Vec<Row>,
    robots: Vec<&'static str>,
}

/// A portal that nothing is sent to.
#[derive(Debug)]
struct Parked {
    member_id: String,
    host: String,
    reason: String,
}

pub(super) async fn show(Shares(page): Shares<Arc<Page>>) -> Response {
    match overview(&page).await {
        Ok(overview) => html(StatusCode::OK, &overview),
        Err(error) => failed(&page, &error),
    }
}

async fn overview(page: &Page) -> Result<Overview> {
    let counts = page.shared().store.counts().await?;
    let dead = first(page, CallStage::Dead, DEAD_SHOWN).await?;
    let mut parked = Vec::new();
    for PausedPortal { member_id, reason } in page.shared().lanes.parked() {
        parked.push(Parked {
            host: host(page, &member_id).await?,
            member_id,
            reason,
        });
    }
    parked.sort_by(|one, other| one.host.cmp(&other.host));
    Ok(Overview {
        frame: Frame::new(page, "Calls"),
        counts: of_stages(&counts),
        oldest: counts.oldest_open.map(Moment::of),
        parked,
        more_dead: counts.of(CallStage::Dead).saturating_sub(dead.len() as u64),
        dead: rows(page, dead).await?,
        waiting: rows(page, waiting(page).await?).await?,
        robots: robots(page),
    })
}

fn of_stages(counts: &CallCounts) -> Vec<(&'static str, u64)> {
    CallStage::ALL
        .iter()
        .map(|stage| (stage.name(), counts.of(*stage)))
        .collect()
}

/// The first calls at a stage, in the order they came.
async fn first(page: &Page, stage: CallStage, at_most: usize) -> Result<Vec<CallRecord>> {
    let filter = CallFilter {
        stage: Some(stage),
        limit: Some(at_most),
        ..CallFilter::default()
    };
    page.shared().store.calls(&filter).await
}

/// What has waited longest for its answer to be taken.
async fn waiting(page: &Page) -> Result<Vec<CallRecord>> {
    let mut waiting = Vec::new();
    for stage in [CallStage::Accepted, CallStage::Deferred, CallStage::Replied] {
        waiting.extend(first(page, stage, WAITING_SHOWN).await?);
    }
    waiting.sort_by_key(|record| record.accepted_at);
    waiting.truncate(WAITING_SHOWN);
    Ok(waiting)
}

/// The codes of the application's robots.
pub(super) fn robots(page: &Page) -> Vec<&'static str> {
    let mut codes = page.shared().routes.keys().copied().collect::<Vec<_>>();
    codes.sort_unstable();
    codes
}
