//! What an application tells of itself: spans, outcomes, metrics.

pub(in crate::app) mod metrics;
pub(in crate::app) mod outcome;
