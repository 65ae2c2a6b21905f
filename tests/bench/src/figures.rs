//! Statistics of measured times.

use std::fmt;
use std::time::Duration;

use crate::Result;

/// Times, in order.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut sorted: Vec<_> = times.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

impl Times {
    /// The time that this many thousandths of the times do not exceed.
    pub(crate) fn at(&self, thousandths: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let place = last * thousandths / 1000;
        self.0.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, most, all] = [500, 990, 1000].map(|part| ms(self.at(part)));
        write!(
            formatter,
            "p50 {median:.2} ms, p99 {most:.2} ms, max {all:.2} ms"
        )
    }
}

/// The time in milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The median; the lower one of the two middle numbers if there are two.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len().saturating_sub(1) / 2;
    numbers.get(middle).copied().unwrap_or_default()
}

/// The rate a second of `count` events in this time.
pub(crate) fn rate(count: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

/// The peak memory of a process, `self` or a process id, as Linux reports it.
pub(crate) fn peak_megabytes(process: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.unwrap_or("0").parse::<u64>()? / 1000)
}
