//! What no log may hold.

use std::collections::BTreeSet;

use bizproc_portal::{Event, Installation, Portal};
use tracing::Level;

use super::facts::{FORGED, Facts, TYPED};
use crate::fixture::logs::{Line, lines};

/// The tokens that a portal sent, and those of its installation.
pub(crate) fn of_portal(portal: &Portal, installation: &Installation) -> BTreeSet<String> {
    let mut secrets = BTreeSet::from([
        installation.access_token(),
        installation.refresh_token(),
        installation.application_token(),
    ]);
    let requests = portal
        .history()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Called { request, .. } | Event::Installed { request, .. } => Some(request),
            _ => None,
        });
    for request in requests {
        for (name, value) in url::form_urlencoded::parse(request.body.as_bytes()) {
            let is_token = name.to_ascii_lowercase().contains("_token");
            if is_token && !value.is_empty() {
                secrets.insert(value.into_owned());
            }
        }
    }
    secrets
}

/// What strangers make up, and what they have.
pub(crate) fn of_strangers(facts: &Facts) -> BTreeSet<String> {
    [FORGED, TYPED, &facts.ordinary, &facts.foreign]
        .into_iter()
        .map(str::to_owned)
        .chain(facts.event_tokens.clone())
        .collect()
}

/// The secrets that lines hold, as they are or encoded, each with its line.
fn leaks<'a>(secrets: &'a BTreeSet<String>, lines: &[Line]) -> Vec<(&'a str, Line)> {
    let texts: Vec<_> = lines
        .iter()
        .map(|line| {
            let values: Vec<_> = line.fields.iter().map(|(_, value)| &**value).collect();
            values.join("\n")
        })
        .collect();
    let all = texts.join("\n");
    let mut leaks = Vec::new();
    for secret in secrets {
        let bytes = format!("{:?}", secret.as_bytes());
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for form in [secret.as_str(), &encoded, bytes.trim_matches(['[', ']'])] {
            if all.contains(form) {
                let leak = texts
                    .iter()
                    .zip(lines)
                    .find(|(text, _)| text.contains(form));
                leaks.extend(leak.map(|(_, line)| (secret.as_str(), line.clone())));
            }
        }
    }
    leaks
}

/// Checks that no line holds any of them: of any level, of this crate or another.
pub(crate) fn are_not_logged(secrets: &BTreeSet<String>, captured: &[Line], seed: u64) {
    assert!(secrets.len() > 20, "{secrets:?}");
    let short = secrets.iter().find(|secret| secret.len() < 12);
    assert!(short.is_none(), "{short:?} may stand anywhere");
    let own = captured.iter().filter(|line| line.is_own()).count();
    let foreign = captured
        .iter()
        .filter(|line| line.level == Level::TRACE && !line.is_own())
        .count();
    let count = captured.len();
    assert!(
        own > 500 && foreign > 100,
        "{own} and {foreign} of {count} lines"
    );
    let found = leaks(secrets, captured);
    assert!(found.is_empty(), "seed {seed}: {found:#?}");

    // A secret that is logged is found.
    for secret in secrets {
        tracing::trace!(target: "planted", planted = %secret);
    }
    tracing::trace!(target: "planted", planted = ?secrets.first().unwrap().as_bytes());
    let planted: Vec<_> = lines()
        .into_iter()
        .filter(|line| line.target == "planted")
        .collect();
    let found = leaks(secrets, &planted);
    assert!(found.len() > secrets.len(), "{found:?}");
}
