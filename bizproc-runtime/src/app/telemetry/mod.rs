//! What an application reports: spans, outcomes and metrics.

pub(crate) mod metrics;
pub(crate) mod outcome;
pub(crate) mod spans;
