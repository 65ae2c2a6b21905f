//! What is printed in the end.

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

/// How many violations are shown with everything the portal knows of their workflows.
const SHOWN: usize = 3;

/// How many lines of a log are shown.
const LAST_LINES: usize = 30;

/// How many characters of a record are shown.
const RECORD_CHARS: usize = 700;

/// Two of three kills are at a point, and one that is not reached in time is not.
const KILLS_FOR_ALL: usize = 6 * Point::ALL.len();

/// So many of a hundred calls are accepted, whatever happens.
const LEAST_ACCEPTED: usize = 80;

/// The violations that are of no single workflow.
pub(crate) fn general(
    done: &Done,
    counts: &CallCounts,
    sights: &[Sight],
    touched: usize,
    tally: &Tally,
) -> Vec<Violation> {
    // Whether the workflows of these have ended was looked at one by one.
    let asked = if done.may_ask {
        counts.of(CallStage::Replied)
    } else {
        0
    };
    let open = open_calls(counts);
    let open = open - asked;
    let refused = sights.iter().map(|sight| sight.refused).sum::<usize>();
    let has_strangers = sights.iter().any(|sight| sight.workflows.contains_key(""));
    let kept = usize::try_from(counts.of(CallStage::Completed) + asked).unwrap();
    let accepted = tally.accepted;
    let least = done.started.len() * LEAST_ACCEPTED / 100;
    let silent = silent(done);
    let by_itself = done.ends.keys().find(|end| end.starts_with(BY_ITSELF));
    [
        (open > 0, format!("the store is not done: {counts:?}")),
        (
            !done.open.is_empty() && asked == 0,
            format!("no quiet: `{}`", done.open),
        ),
        (
            kept < accepted,
            format!("{accepted} calls accepted, and the store has {kept}"),
        ),
        (refused > 0, format!("portals refused {refused} requests")),
        (touched > 0, format!("{touched} connections elsewhere")),
        (has_strangers, "replies to no workflow".to_owned()),
        (accepted < least, format!("fewer than {least} accepted")),
        (!silent.is_empty(), format!("never happened: {silent:?}")),
        (by_itself.is_some(), format!("ended {by_itself:?}")),
        (!done.ended_well, "it does not end when told to".to_owned()),
    ]
    .into_iter()
    .filter_map(|(is_violation, what)| is_violation.then(|| Violation::general(what)))
    .collect()
}

/// The faults that were switched on and did not strike, and the points at which nothing died
/// although there were kills enough for all of them.
fn silent(done: &Done) -> Vec<String> {
    let faults = done.struck.iter().filter(|(_, times)| **times == 0);
    let faults = faults.map(|(class, _)| (*class).to_owned());
    let kills = done.ends.values().sum::<usize>();
    let points = Point::ALL.map(|point| format!("{point:?}"));
    let points = points
        .into_iter()
        .filter(|point| kills >= KILLS_FOR_ALL && !done.ends.contains_key(point));
    faults.chain(points).collect()
}

pub(crate) fn print(done: &Done, counts: &CallCounts, check: &Check<'_>) {
    let started = done.started.len();
    println!("{started} workflows started: {:?}", check.tally);
    println!("ends of the application: {:?}", done.ends);
    let refused = check.sights.iter().map(|sight| sight.refused);
    let refused = refused.sum::<usize>();
    println!("requests that the portals' own limits refused: {refused}");
    println!("faults that struck: {:?}", done.struck);
    println!(
        "the store was disturbed {} times; in it: {counts:?}",
        done.store_disturbed
    );
    for sight in check.sights {
        println!("requests of a portal: {:?}", sight.requests);
    }
}

/// What the processes of the application wrote.
fn logs(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let logs = paths.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("log-"))
    });
    logs.map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// Shows the last lines of the application, warnings included.
pub(crate) fn print_last_lines(folder: &Path) {
    for log in logs(folder) {
        println!("the application's last lines:");
        let lines = log.lines().collect::<Vec<_>>();
        for line in lines.iter().skip(lines.len().saturating_sub(LAST_LINES)) {
            println!("  {}", cut(line));
        }
    }
}

/// Shows what went wrong in the application's own words, each kind of line once.
pub(crate) fn print_logs(folder: &Path) {
    let mut kinds = BTreeMap::<String, (usize, String)>::new();
    for log in logs(folder) {
        for line in log.lines() {
            if line.contains(" WARN ") || line.starts_with(LAST_WORDS) {
                continue;
            }
            let kind = line.rsplit_once(": ").map_or(line, |(_, kind)| kind);
            let kind = kind.chars().filter(|c| c.is_alphabetic() || *c == ' ');
            let kind = kind.take(40).collect::<String>();
            let (times, _) = kinds.entry(kind).or_insert_with(|| (0, line.to_owned()));
            *times += 1;
        }
    }
    for (times, first) in kinds.values() {
        println!("the application says {times} times: {}", cut(first));
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
    for started in violations.iter().filter_map(|v| v.of.as_ref()).take(SHOWN) {
        println!("records of {started:?}:");
        let portal = portals.get(started.portal).unwrap();
        for record in portal.history() {
            if record.event.workflow_id() == Some(&started.id) {
                println!("  {}", cut(&serde_json::to_string(&record).unwrap()));
            }
        }
    }
}
