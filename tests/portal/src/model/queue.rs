//! The queue between a portal and its applications.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::history::{Delivery, Event};
use crate::rules::token::EventToken;

/// What goes through the queue.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    /// A step's call of its handler.
    Call(EventToken),
    /// An event for a bound handler.
    Event {
        client_id: String,
        name: String,
        handler_id: i64,
    },
}

impl Parcel {
    pub(crate) fn sent(&self, request: Delivery) -> Event {
        match self.clone() {
            Self::Call(token) => Event::Called {
                workflow_id: token.workflow_id,
                activity_name: token.activity_name,
                request,
            },
            Self::Event {
                client_id,
                name,
                handler_id,
            } => Event::Fired {
                client_id,
                name,
                handler_id,
                request,
            },
        }
    }

    pub(crate) fn lost(self) -> Event {
        match self {
            Self::Call(token) => Event::CallLost {
                workflow_id: token.workflow_id,
            },
            Self::Event {
                client_id,
                name,
                handler_id,
            } => Event::EventLost {
                client_id,
                name,
                handler_id,
            },
        }
    }
}

/// What happened to a queued request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    Lost,
    Sent,
    /// It is sent when the clock has moved on.
    Later,
}

/// The handlers that responded too slowly, and the delay of their next request.
#[derive(Debug, Default)]
pub(crate) struct Throttle(pub(crate) HashMap<String, Duration>);

/// A request that was queued.
#[derive(Debug)]
pub(crate) struct Posting {
    pub(crate) parcel: Parcel,
    pub(crate) request: Delivery,
    /// When it is sent, by the portal's clock, if not now.
    pub(crate) due: Option<Timestamp>,
}
