//! The report at the end.

use std::collections::BTreeMap;
use std::path::Path;

use bizproc_portal::Portal;
use bizproc_runtime::store::{CallCounts, CallStage};

use crate::application::open_calls;
use crate::check::{Check, Tally, Violation};
use crate::child::BY_ITSELF;
use crate::deadly::{LAST_WORDS, Point};
use crate::driver::Done;
use crate::look::Sight;

/// The number of violations that are printed with the portal's records of their workflows.
const WITH_RECORDS: usize = 3;

/// The number of log lines that are printed.
const LAST_LINES: usize = 30;

/// The number of characters of a record that are printed.
const RECORD_CHARS: usize = 700;

/// The number of kills after which each point must have been reached: two of three kills are at a
/// point, and some points are not reached in time.
const KILLS_FOR_ALL: usize = 6 * Point::ALL.len();

/// The percentage of calls that must be accepted in spite of all disturbances.
const MIN_ACCEPTED: usize = 80;

/// The violations that are not about a single workflow.
pub(crate) fn general(
    done: &Done,
    counts: &CallCounts,
    sights: &[Sight],
    touched: usize,
    tally: &Tally,
) -> Vec<Violation> {
    // These replies may still be retried; each of their workflows is checked by itself.
    let retried = if done.may_retry {
        counts.get(CallStage::Replied)
    } else {
        0
    };
    let open = open_calls(counts) - retried;
    let refused: usize = sights.iter().map(|sight| sight.refused).sum();
    let has_strangers = sights.iter().any(|sight| sight.workflows.contains_key(""));
    let completed = usize::try_from(counts.get(CallStage::Completed) + retried).unwrap();
    let accepted = tally.accepted;
    let min = done.started.len() * MIN_ACCEPTED / 100;
    let missing = find_missing(done);
    let by_itself = done.ends.keys().find(|end| end.starts_with(BY_ITSELF));
    [
        (open > 0, format!("the store has open calls: {counts:?}")),
        (
            !done.open.is_empty() && retried == 0,
            format!("calls were open at the end: `{}`", done.open),
        ),
        (
            completed < accepted,
            format!("{accepted} calls were accepted, but the store completed {completed}"),
        ),
        (refused > 0, format!("portals refused {refused} requests")),
        (touched > 0, format!("{touched} connections to the trap")),
        (has_strangers, "replies to an unknown workflow".to_owned()),
        (
            accepted < min,
            format!("fewer than {min} calls were accepted"),
        ),
        (!missing.is_empty(), format!("never occurred: {missing:?}")),
        (by_itself.is_some(), format!("it ended {by_itself:?}")),
        (
            !done.ended_well,
            "it did not shut down on SIGTERM".to_owned(),
        ),
    ]
    .into_iter()
    .filter_map(|(is_violation, what)| is_violation.then(|| Violation::general(what)))
    .collect()
}

/// The faults that were switched on and did not occur, and the points at which no program was killed
/// although there were enough kills for all points.
fn find_missing(done: &Done) -> Vec<String> {
    let kills: usize = done.ends.values().sum();
    let faults = done
        .occurred
        .iter()
        .filter(|(_, times)| **times == 0)
        .map(|(class, _)| (*class).to_owned());
    let points = Point::ALL
        .map(|point| format!("{point:?}"))
        .into_iter()
        .filter(|point| kills >= KILLS_FOR_ALL && !done.ends.contains_key(point));
    faults.chain(points).collect()
}

pub(crate) fn print(done: &Done, counts: &CallCounts, check: &Check<'_>) {
    let started = done.started.len();
    println!("{started} workflows started: {:?}", check.tally);
    println!("ends of the application: {:?}", done.ends);
    let refused: usize = check.sights.iter().map(|sight| sight.refused).sum();
    println!("requests that the portals' own limits refused: {refused}");
    println!("faults that occurred: {:?}", done.occurred);
    println!(
        "the store was disturbed {} times; its calls: {counts:?}",
        done.store_disturbed
    );
    for sight in check.sights {
        println!("requests of a portal: {:?}", sight.requests);
    }
}

/// The logs of the application's processes.
fn logs(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("log-"))
        })
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// Prints the last log lines of the application, including warnings.
pub(crate) fn print_last_lines(folder: &Path) {
    for log in logs(folder) {
        println!("the application's last lines:");
        let lines: Vec<_> = log.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(LAST_LINES)) {
            println!("  {}", cut(line));
        }
    }
}

/// Prints the errors in the application's logs, each kind of line once.
pub(crate) fn print_logs(folder: &Path) {
    let mut kinds = BTreeMap::<String, (usize, String)>::new();
    for log in logs(folder) {
        for line in log.lines() {
            if line.contains(" WARN ") || line.starts_with(LAST_WORDS) {
                continue;
            }
            let kind: String = line
                .rsplit_once(": ")
                .map_or(line, |(_, message)| message)
                .chars()
                .filter(|c| c.is_alphabetic() || *c == ' ')
                .take(40)
                .collect();
            let (times, _) = kinds.entry(kind).or_insert_with(|| (0, line.to_owned()));
            *times += 1;
        }
    }
    for (times, first) in kinds.values() {
        println!("the application logged {times} times: {}", cut(first));
    }
}

fn cut(text: &str) -> String {
    text.chars().take(RECORD_CHARS).collect()
}

pub(crate) fn print_violations(portals: &[Portal], violations: &[Violation]) {
    println!("{} violations", violations.len());
    for violation in violations.iter().take(20) {
        println!("VIOLATION {} {:?}", cut(&violation.what), violation.of);
    }
    for started in violations
        .iter()
        .filter_map(|v| v.of.as_ref())
        .take(WITH_RECORDS)
    {
        println!("records of {started:?}:");
        let portal = portals.get(started.portal).unwrap();
        for record in portal.history() {
            if record.event.workflow_id() == Some(&started.id) {
                println!("  {}", cut(&serde_json::to_string(&record).unwrap()));
            }
        }
    }
}
