//! What is counted and measured: one function for each thing that happens.
//!
//! Without the feature `metrics` the functions are empty. `docs/observing.md` has the table.
#![cfg_attr(
    not(feature = "metrics"),
    expect(unused_imports, unused_variables, reason = "nothing is measured")
)]

use std::time::Duration;

use crate::app::telemetry::outcome;
use crate::error::{Error, ErrorKind};
use crate::store::{AcceptOutcome, Completion, ReplyToSend, Transition};

#[cfg(feature = "metrics")]
pub(in crate::app) use recorded::{describe, watch};

/// Does something for a recorder, if there can be one.
macro_rules! record {
    ($($body:tt)*) => {{
        #[cfg(feature = "metrics")]
        { $($body)* }
    }};
}

/// A call is kept, or was before.
pub(in crate::app) fn came(robot: &'static str, acceptance: AcceptOutcome) {
    record! {
        let name = match acceptance {
            AcceptOutcome::Accepted => "bizproc_calls_accepted_total",
            AcceptOutcome::Duplicate | AcceptOutcome::Redelivered => "bizproc_calls_duplicate_total",
        };
        metrics::counter!(name, "robot" => robot).increment(1);
    }
}

/// A request to a robot's address was not kept.
pub(in crate::app) fn refused(error: &Error) {
    record! {
        let name = match error.kind() {
            ErrorKind::Unauthenticated => "bizproc_calls_unauthenticated_total",
            ErrorKind::BadRequest => "bizproc_calls_malformed_total",
            _ => "bizproc_calls_lost_total",
        };
        metrics::counter!(name).increment(1);
    }
}

/// A call is kept outside of the store.
pub(in crate::app) fn spilled() {
    record! { metrics::counter!("bizproc_calls_journaled_total").increment(1); }
}

/// A call is kept nowhere, and runs at once.
pub(in crate::app) fn unkept() {
    record! { metrics::counter!("bizproc_calls_unpersisted_total").increment(1); }
}

/// A robot's code ended, or was not begun; `None` is a reply.
pub(in crate::app) fn ran(robot: &'static str, next: Option<&Transition>, took: Duration) {
    record! {
        let outcome = outcome::of_run(next);
        metrics::counter!("bizproc_runs_total", "robot" => robot, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("bizproc_run_seconds", "robot" => robot).record(took);
    }
}

/// An attempt to send an answer ended.
pub(in crate::app) fn replied(sent: &ReplyToSend, next: &Transition) {
    record! {
        let outcome = outcome::of_reply(next);
        if matches!(next, Transition::RetrySend(..)) {
            metrics::counter!("bizproc_replies_retried_total").increment(1);
        } else {
            metrics::counter!("bizproc_replies_total", "outcome" => outcome).increment(1);
        }
        if sent.history.delivered == 0 && matches!(outcome, "taken" | "delivered") {
            let age = sent.head.called_at.elapsed().unwrap_or_default();
            metrics::histogram!("bizproc_reply_seconds").record(age);
        }
    }
}

/// An attempt to send an answer failed, and the portal may have executed it.
pub(in crate::app) fn ambiguous() {
    record! { metrics::counter!("bizproc_replies_ambiguous_total").increment(1); }
}

/// A claim ended with this.
pub(in crate::app) fn finished(next: &Transition) {
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
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use metrics::Unit::{self, Count, Seconds};

    use crate::app::service::Shared;
    use crate::rest::METRICS;
    use crate::store::{CallCounts, CallStage};

    /// How often the gauges are set.
    const PERIOD: Duration = Duration::from_secs(15);

    const COUNTERS: [(&str, &str); 13] = [
        ("bizproc_calls_accepted_total", "Calls kept, by robot"),
        (
            "bizproc_calls_duplicate_total",
            "Calls that were known already, by robot",
        ),
        (
            "bizproc_calls_unauthenticated_total",
            "Requests to robots that did not prove their origin",
        ),
        (
            "bizproc_calls_malformed_total",
            "Requests to robots that were no calls",
        ),
        (
            "bizproc_calls_lost_total",
            "Calls lost because the store failed",
        ),
        (
            "bizproc_calls_journaled_total",
            "Calls kept outside of the store, because it failed",
        ),
        (
            "bizproc_calls_unpersisted_total",
            "Calls that ran at once, because nothing kept them",
        ),
        (
            "bizproc_runs_total",
            "Runs of robots' code, by robot and outcome",
        ),
        (
            "bizproc_replies_total",
            "Attempts to send an answer that ended with an outcome",
        ),
        (
            "bizproc_replies_retried_total",
            "Attempts to send an answer that are made again",
        ),
        (
            "bizproc_replies_ambiguous_total",
            "Attempts that failed and may have been executed",
        ),
        (
            "bizproc_calls_gone_total",
            "Calls whose workflow was gone before the answer",
        ),
        (
            "bizproc_calls_dead_total",
            "Calls given up: a person must look",
        ),
    ];

    const GAUGES: [(&str, Unit, &str); 5] = [
        ("bizproc_calls_running", Count, "Calls whose code runs now"),
        ("bizproc_calls", Count, "Calls kept, by stage"),
        (
            "bizproc_oldest_open_call_seconds",
            Seconds,
            "Age of the oldest call whose answer no portal has taken",
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
            "How long a robot's code ran, by robot",
        ),
        (
            "bizproc_reply_seconds",
            "From a call to its answer being taken",
        ),
    ];

    /// Tells the recorder what each metric means.
    pub(in crate::app) fn describe() {
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

    /// Sets the gauges now and again.
    pub(in crate::app) async fn watch(shared: Arc<Shared>) {
        loop {
            metrics::gauge!("bizproc_calls_running").set(number(shared.seats.taken() as u64));
            let parked = shared.lanes.parked().len();
            metrics::gauge!("bizproc_portals_paused").set(number(parked as u64));
            let level = shared.paces.fullest();
            metrics::gauge!("bizproc_rate_limit_utilization_ratio").set(level);
            match shared.store.counts().await {
                Ok(counts) => set(&counts),
                Err(error) => tracing::warn!("the gauges of calls stay as they are: {error}"),
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    fn set(counts: &CallCounts) {
        for stage in CallStage::ALL {
            let calls = number(counts.of(stage));
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
        let mut all = counters.chain(others).collect::<Vec<_>>();
        let rows = documented.lines().filter_map(|line| {
            let name = line.strip_prefix("| `")?.split(['`', '{']).next()?;
            name.starts_with("bizproc_").then_some(name)
        });
        let mut rows = rows.collect::<Vec<_>>();
        all.sort_unstable();
        rows.sort_unstable();
        assert_eq!(rows, all);
    }
}
