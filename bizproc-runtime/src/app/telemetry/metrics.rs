//! The counters, histograms and gauges of an application: one function for each thing that happens.
//!
//! Without the feature `metrics` the functions are empty. `docs/observing.md` has the table.
#![cfg_attr(
    not(feature = "metrics"),
    expect(unused_imports, unused_variables, reason = "nothing is measured")
)]

use std::time::Duration;

use super::outcome::{run_label, send_label};
use crate::error::{Error, ErrorKind};
use crate::store::{AcceptOutcome, Completion, ReplyToSend, Transition};

#[cfg(feature = "metrics")]
pub(crate) use recorded::{describe, set_call_gauges, set_gauges};

/// Does something for a recorder, if there can be one.
macro_rules! record {
    ($($body:tt)*) => {{
        #[cfg(feature = "metrics")]
        { $($body)* }
    }};
}

/// Counts a call that the store has.
pub(crate) fn call_accepted(robot: &'static str, outcome: AcceptOutcome) {
    record! {
        let name = match outcome {
            AcceptOutcome::Accepted => "bizproc_calls_accepted_total",
            AcceptOutcome::Duplicate | AcceptOutcome::Redelivered => "bizproc_calls_duplicate_total",
        };
        metrics::counter!(name, "robot" => robot).increment(1);
    }
}

/// Counts a request to a robot's address that was refused.
pub(crate) fn call_refused(error: &Error) {
    record! {
        let name = match error.kind() {
            ErrorKind::Unauthenticated => "bizproc_calls_unauthenticated_total",
            ErrorKind::BadRequest => "bizproc_calls_malformed_total",
            _ => "bizproc_calls_lost_total",
        };
        metrics::counter!(name).increment(1);
    }
}

/// Counts a call that was written to the journal.
pub(crate) fn call_journaled() {
    record! { metrics::counter!("bizproc_calls_journaled_total").increment(1); }
}

/// Counts a call that is stored nowhere and runs immediately.
pub(crate) fn call_unpersisted() {
    record! { metrics::counter!("bizproc_calls_unpersisted_total").increment(1); }
}

/// Counts a run that ended, or was not begun; `None` is a reply.
pub(crate) fn run_finished(robot: &'static str, next: Option<&Transition>, duration: Duration) {
    record! {
        let outcome = run_label(next);
        metrics::counter!("bizproc_runs_total", "robot" => robot, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("bizproc_run_seconds", "robot" => robot).record(duration);
    }
}

/// Counts an attempt to send a reply that ended.
pub(crate) fn send_finished(reply: &ReplyToSend, next: &Transition) {
    record! {
        if matches!(next, Transition::RetrySend(..)) {
            metrics::counter!("bizproc_replies_retried_total").increment(1);
        } else {
            metrics::counter!("bizproc_replies_total", "outcome" => send_label(next)).increment(1);
        }
        let is_delivered = matches!(
            next,
            Transition::Redeliver(..) | Transition::Complete(Completion::Delivered)
        );
        if reply.history.delivered == 0 && is_delivered {
            let age = reply.head.called_at.elapsed().unwrap_or_default();
            metrics::histogram!("bizproc_reply_seconds").record(age);
        }
    }
}

/// Counts an attempt to send a reply that failed, though the portal may have executed it.
pub(crate) fn send_ambiguous() {
    record! { metrics::counter!("bizproc_replies_ambiguous_total").increment(1); }
}

/// Counts the claims that end a call without a reply, or for good.
pub(crate) fn claim_finished(next: &Transition) {
    record! {
        match next {
            Transition::Complete(Completion::WorkflowGone) => {
                metrics::counter!("bizproc_calls_gone_total").increment(1);
            }
            Transition::DeadLetter(_) => metrics::counter!("bizproc_calls_dead_total").increment(1),
            _ => {}
        }
    }
}

#[cfg(feature = "metrics")]
mod recorded {
    use std::time::SystemTime;

    use metrics::Unit::{self, Count, Seconds};

    use crate::rest::METRICS;
    use crate::store::{CallCounts, CallStage};

    const COUNTERS: [(&str, &str); 13] = [
        ("bizproc_calls_accepted_total", "Calls stored, by robot"),
        (
            "bizproc_calls_duplicate_total",
            "Calls that were already known, by robot",
        ),
        (
            "bizproc_calls_unauthenticated_total",
            "Requests to robots that did not prove their origin",
        ),
        (
            "bizproc_calls_malformed_total",
            "Requests to robots that were not calls",
        ),
        (
            "bizproc_calls_lost_total",
            "Calls lost because the store failed",
        ),
        (
            "bizproc_calls_journaled_total",
            "Calls written to the journal, because the store failed",
        ),
        (
            "bizproc_calls_unpersisted_total",
            "Calls that ran immediately, because the store and the journal failed",
        ),
        (
            "bizproc_runs_total",
            "Runs of robots' code, by robot and outcome",
        ),
        (
            "bizproc_replies_total",
            "Attempts to send a reply, except those that are retried",
        ),
        (
            "bizproc_replies_retried_total",
            "Attempts to send a reply that are retried",
        ),
        (
            "bizproc_replies_ambiguous_total",
            "Attempts that failed and may have been executed",
        ),
        (
            "bizproc_calls_gone_total",
            "Calls whose workflow was gone before the reply",
        ),
        (
            "bizproc_calls_dead_total",
            "Calls that became dead letters: a person must look",
        ),
    ];

    const GAUGES: [(&str, Unit, &str); 5] = [
        ("bizproc_calls_running", Count, "Calls whose code runs now"),
        ("bizproc_calls", Count, "Stored calls, by stage"),
        (
            "bizproc_oldest_open_call_seconds",
            Seconds,
            "Age of the oldest call whose reply no portal has acknowledged",
        ),
        (
            "bizproc_portals_paused",
            Count,
            "Portals that nothing is sent to for a while",
        ),
        (
            "bizproc_rate_limit_utilization_ratio",
            Count,
            "Utilization of the fullest rate limit of a portal, from 0 to 1",
        ),
    ];

    const HISTOGRAMS: [(&str, &str); 2] = [
        (
            "bizproc_run_seconds",
            "Duration of a run of a robot's code, by robot",
        ),
        (
            "bizproc_reply_seconds",
            "Time from a call to the acknowledgement of its reply",
        ),
    ];

    /// Describes each metric to the recorder.
    pub(crate) fn describe() {
        for (name, text) in COUNTERS {
            metrics::describe_counter!(name, Count, text);
        }
        for (name, unit, text) in GAUGES {
            metrics::describe_gauge!(name, unit, text);
        }
        for (name, text) in HISTOGRAMS {
            metrics::describe_histogram!(name, Seconds, text);
        }
        for (name, unit, text) in METRICS {
            if name.ends_with("_total") {
                metrics::describe_counter!(name, unit, text);
            } else {
                metrics::describe_histogram!(name, unit, text);
            }
        }
    }

    /// Sets the gauges of this process.
    pub(crate) fn set_gauges(running: usize, paused: usize, utilization: f64) {
        metrics::gauge!("bizproc_calls_running").set(number(running as u64));
        metrics::gauge!("bizproc_portals_paused").set(number(paused as u64));
        metrics::gauge!("bizproc_rate_limit_utilization_ratio").set(utilization);
    }

    /// Sets the gauges of the calls in the store.
    pub(crate) fn set_call_gauges(counts: &CallCounts) {
        for stage in CallStage::ALL {
            let calls = number(counts.get(stage));
            metrics::gauge!("bizproc_calls", "stage" => stage.name()).set(calls);
        }
        let age = counts.oldest_open.map(|oldest| {
            let age = SystemTime::now().duration_since(oldest);
            age.unwrap_or_default().as_secs_f64()
        });
        metrics::gauge!("bizproc_oldest_open_call_seconds").set(age.unwrap_or_default());
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float, and no count comes near 2^53"
    )]
    fn number(count: u64) -> f64 {
        count as f64
    }

    #[cfg(test)]
    #[test]
    fn every_metric_is_in_the_documentation() {
        let documented = include_str!("../../../docs/observing.md");
        let counters = COUNTERS.iter().chain(&HISTOGRAMS).map(|(name, _)| *name);
        let others = GAUGES.iter().chain(&METRICS).map(|(name, ..)| *name);
        let mut all: Vec<_> = counters.chain(others).collect();
        let name_in = |line: &'static str| {
            let name = line.strip_prefix("| `")?.split(['`', '{']).next()?;
            name.starts_with("bizproc_").then_some(name)
        };
        let mut rows: Vec<_> = documented.lines().filter_map(name_in).collect();

        all.sort_unstable();
        rows.sort_unstable();
        assert_eq!(rows, all);
    }
}
