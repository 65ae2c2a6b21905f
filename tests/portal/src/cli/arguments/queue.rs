//! What the queue does to calls and events.

use std::time::Duration;

use bizproc_portal::Queue;

/// The queue between the portal and its applications.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Calls and events on their way")]
pub(super) struct QueueRules {
    /// The chance that a call or an event is never sent, from 0 to 1
    #[arg(long, value_name = "CHANCE", default_value = "0", value_parser = chance)]
    queue_loss: f64,
    /// The chance that it is sent twice, from 0 to 1
    #[arg(long, value_name = "CHANCE", default_value = "0", value_parser = chance)]
    queue_duplication: f64,
    /// How long it stays in the queue before it is sent
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    queue_delay: Duration,
    /// Delay the next call of a handler by the duration of its last response, if that was longer
    /// than this
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    queue_throttle_after: Option<Duration>,
    /// Retry what got no 2xx response, once a minute, up to three times
    #[arg(long)]
    queue_retries: bool,
    /// How long a handler may take to respond
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub(super) delivery_timeout: Duration,
}

impl QueueRules {
    pub(super) fn queue(&self) -> Queue {
        Queue {
            loss: self.queue_loss,
            duplication: self.queue_duplication,
            delay: self.queue_delay,
            throttle_after: self.queue_throttle_after,
            retries: self.queue_retries,
        }
    }
}

fn chance(text: &str) -> Result<f64, String> {
    let chance: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let is_one = (0.0..=1.0).contains(&chance);
    is_one
        .then_some(chance)
        .ok_or_else(|| "not from 0 to 1".to_owned())
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
