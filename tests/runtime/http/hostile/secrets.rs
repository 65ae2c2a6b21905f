//! What no log may hold.

use std::collections::BTreeSet;

use bizproc_portal::{Event, Installation, Portal};
use tracing::Level;

use super::facts::{FORGED, Facts, TYPED};
use crate::fixture::logs::{Line, lines};

/// Every token that a portal sent or was sent, and its installation's.
pub(crate) fn of_portal(portal: &Portal, installation: &Installation) -> BTreeSet<String> {
    let mut secrets = BTreeSet::from([
        installation.access_token(),
        installation.refresh_token(),
        installation.application_token(),
    ]);
    let sent = portal.history().into_iter();
    let sent = sent.filter_map(|record| match record.event {
        Event::Called { request, .. } | Event::Installed { request, .. } => Some(request),
        _ => None,
    });
    for request in sent {
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
    let tokens = [FORGED, TYPED, &facts.ordinary, &facts.foreign];
    let tokens = tokens.into_iter().map(str::to_owned);
    tokens.chain(facts.event_tokens.clone()).collect()
}

/// Looks for every secret, as it is and as it would be written elsewhere.
fn told<'a>(secrets: &'a BTreeSet<String>, lines: &[Line]) -> Vec<(&'a str, Line)> {
    let texts = lines.iter().map(|line| {
        let values = line.fields.iter().map(|(_, value)| value.as_str());
        values.collect::<Vec<_>>().join("\n")
    });
    let texts = texts.collect::<Vec<_>>();
    let all = texts.join("\n");
    let mut told = Vec::new();
    for secret in secrets {
        let bytes = format!("{:?}", secret.as_bytes());
        let encoded = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        for written in [secret.as_str(), &encoded, bytes.trim_matches(['[', ']'])] {
            if all.contains(written) {
                let mut found = texts.iter().zip(lines);
                let found = found.find(|(text, _)| text.contains(written));
                told.extend(found.map(|(_, line)| (secret.as_str(), line.clone())));
            }
        }
    }
    told
}

/// No line holds any of them: of any level, of this crate or another.
pub(crate) fn are_told_nowhere(secrets: &BTreeSet<String>, captured: &[Line], seed: u64) {
    assert!(secrets.len() > 20, "{secrets:?}");
    let short = secrets.iter().find(|secret| secret.len() < 12);
    assert!(short.is_none(), "{short:?} may stand anywhere");
    let own = captured.iter().filter(|line| line.is_own()).count();
    let deepest = captured.iter().filter(|line| line.level == Level::TRACE);
    let foreign = deepest.clone().filter(|line| !line.is_own());
    assert!(
        own > 500 && foreign.count() > 100,
        "{own} of {} lines",
        captured.len()
    );
    let told_now = told(secrets, captured);
    assert!(told_now.is_empty(), "seed {seed}: {told_now:#?}");

    // What is told is found.
    for secret in secrets {
        tracing::trace!(target: "planted", planted = %secret);
    }
    tracing::trace!(target: "planted", planted = ?secrets.first().unwrap().as_bytes());
    let lines = lines().into_iter();
    let planted = lines.filter(|line| line.target == "planted");
    let found = told(secrets, &planted.collect::<Vec<_>>());
    assert!(found.len() > secrets.len(), "{found:?}");
}
