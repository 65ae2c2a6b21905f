//! What is printed in the end.

use std::collections::BTreeMap;
use std::path::Path;

use bizproc_portal::Portal;
use bizproc_runtime::store::Counts;

use crate::check::{Check, Tally, Violation};
use crate::child::BY_ITSELF;
use crate::deadly::LAST_WORDS;
use crate::driver::Done;
use crate::look::Sight;

/// How many violations are shown with everything the portal knows of their workflows.
const SHOWN: usize = 3;

/// How many characters of a record are shown.
const RECORD_CHARS: usize = 700;

/// So many of a hundred calls are accepted, whatever happens.
const LEAST_ACCEPTED: usize = 80;

/// The violations that are of no single workflow.
pub(crate) fn general(
    done: &Done,
    counts: &Counts,
    sights: &[Sight],
    touched: usize,
    tally: &Tally,
) -> Vec<Violation> {
    let open = counts.accepted + counts.deferred + counts.answered + counts.taken + counts.dead;
    let refused = sights.iter().map(|sight| sight.refused).sum::<usize>();
    let strangers = sights
        .iter()
        .filter(|sight| sight.workflows.contains_key(""))
        .count();
    let kept = usize::try_from(counts.settled).unwrap();
    let least = done.started.len() * LEAST_ACCEPTED / 100;
    let by_itself = done.ends.keys().find(|end| end.starts_with(BY_ITSELF));
    let silent = done.struck.iter().filter(|(_, times)| **times == 0);
    let silent = silent.map(|(class, _)| *class).collect::<Vec<_>>();
    let unless = |is_well: bool, what: String| Violation::unless(is_well, what);
    [
        unless(open == 0, format!("the store is not done: {counts:?}")),
        unless(done.open.is_empty(), format!("no quiet: `{}`", done.open)),
        unless(
            kept >= tally.accepted,
            format!("the store has {kept} calls and accepted {}", tally.accepted),
        ),
        unless(
            refused == 0 || !done.knows_pace,
            format!("the portals' limits refused {refused} requests"),
        ),
        unless(
            touched == 0,
            format!("{touched} connections to a wrong address"),
        ),
        unless(
            strangers == 0,
            "replies with a token of no workflow".to_owned(),
        ),
        unless(
            tally.accepted >= least,
            format!("fewer than {least} calls were accepted"),
        ),
        unless(
            silent.is_empty(),
            format!("faults that never struck: {silent:?}"),
        ),
        unless(
            by_itself.is_none(),
            format!("the application ended: {by_itself:?}"),
        ),
        unless(
            done.ended_well,
            "the application does not end when it is told to".to_owned(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(crate) fn print(done: &Done, counts: &Counts, check: &Check<'_>) {
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

/// Shows what went wrong in the application's own words, each kind of line once.
pub(crate) fn print_logs(folder: &Path) {
    let mut kinds = BTreeMap::<String, (usize, String)>::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str());
        if !name.is_some_and(|name| name.starts_with("log-")) {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
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
