//! One call.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Frame, failed, html};
use super::page::Page;
use super::text::{Moment, found, host_of, meaning};
use crate::error::Result;
use crate::store::{CallRecord, CallState, StoredReply};

/// It shows the names of the return values only: the values, and the line for the workflow's log,
/// are the customer's.
#[derive(Debug, Template)]
#[template(path = "operator/call.html")]
struct CallPage {
    frame: Frame,
    number: u64,
    event: String,
    robot: String,
    /// Whether the application has such a robot.
    is_known: bool,
    member_id: String,
    host: String,
    stage: &'static str,
    meaning: String,
    reason: Option<String>,
    accepted: Moment,
    deadline: Option<Moment>,
    next_attempt: Option<Moment>,
    runs: u32,
    sends: u32,
    reply: Option<ReplyNames>,
}

#[derive(Debug)]
struct ReplyNames {
    return_values: Vec<String>,
    has_log_message: bool,
}

impl ReplyNames {
    fn new(reply: &StoredReply) -> Self {
        Self {
            return_values: reply.return_values.keys().cloned().collect(),
            has_log_message: reply.log_message.is_some(),
        }
    }
}

pub(super) async fn show(
    Extract(page): Extract<Arc<Page>>,
    Path(number): Path<String>,
) -> Response {
    let record = match found(&page, &number).await {
        Ok(record) => record,
        Err(response) => return response,
    };
    match call_page(&page, record).await {
        Ok(call) => html(StatusCode::OK, &call),
        Err(error) => failed(&page, &error),
    }
}

async fn call_page(page: &Page, record: CallRecord) -> Result<CallPage> {
    let (reason, reply) = match &record.state {
        CallState::Replied(reply) | CallState::Delivered(reply) => (None, Some(reply)),
        CallState::Dead { reason, reply } => (Some(reason.clone()), reply.as_ref()),
        _ => (None, None),
    };
    Ok(CallPage {
        frame: Frame::new(page, format!("Call {}", record.number)),
        number: record.number,
        event: record.event_token.fingerprint(),
        is_known: page.robots().get(&record.code).is_some(),
        host: host_of(page, &record.member_id).await?,
        stage: record.state.stage().name(),
        meaning: meaning(&record.state),
        reason,
        reply: reply.map(ReplyNames::new),
        robot: record.code,
        member_id: record.member_id,
        accepted: Moment::new(record.accepted_at),
        deadline: record.deadline.map(Moment::new),
        next_attempt: record.next_attempt_at.map(Moment::new),
        runs: record.runs,
        sends: record.sends,
    })
}
