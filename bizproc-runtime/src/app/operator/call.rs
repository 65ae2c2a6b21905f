//! One call.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State as Shares};
use axum::http::StatusCode;
use axum::response::Response;

use super::Page;
use super::frame::{Frame, failed, html};
use super::text::{Moment, found, host, meaning};
use crate::error::Result;
use crate::store::{CallRecord, CallState, StoredReply};

/// Of the answer it has the names of the return values only: what is in them, and in the line for
/// the workflow's log, is the customer's business.
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
    due: Option<Moment>,
    starts: u32,
    sends: u32,
    answer: Option<AnswerNames>,
}

#[derive(Debug)]
struct AnswerNames {
    return_values: Vec<String>,
    has_log_message: bool,
}

impl AnswerNames {
    fn of(answer: &StoredReply) -> Self {
        Self {
            return_values: answer.return_values.keys().cloned().collect(),
            has_log_message: answer.log_message.is_some(),
        }
    }
}

pub(super) async fn show(Shares(page): Shares<Arc<Page>>, Path(number): Path<String>) -> Response {
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
    let (reason, answer) = match &record.state {
        CallState::Replied(answer) | CallState::Delivered(answer) => (None, Some(answer)),
        CallState::Dead { reason, reply } => (Some(reason.clone()), reply.as_ref()),
        _ => (None, None),
    };
    Ok(CallPage {
        frame: Frame::new(page, format!("Call {}", record.number)),
        number: record.number,
        event: record.event_token.fingerprint(),
        is_known: page.shared().routes.contains_key(record.code.as_str()),
        host: host(page, &record.member_id).await?,
        stage: record.state.stage().name(),
        meaning: meaning(&record.state),
        reason,
        answer: answer.map(AnswerNames::of),
        robot: record.code,
        member_id: record.member_id,
        accepted: Moment::of(record.accepted_at),
        deadline: record.deadline.map(Moment::of),
        due: record.next_attempt_at.map(Moment::of),
        starts: record.runs,
        sends: record.sends,
    })
}
