//! The facts of a portal.

use crate::rules::settings::{Queue, Settings};

/// Returns the facts of a portal, each with its name.
pub(crate) fn facts(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut facts = of_the_site(settings);
    facts.extend(of_the_platform(settings));
    facts
}

fn words(value: impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

fn of_the_site(settings: &Settings) -> Vec<(&'static str, String)> {
    vec![
        ("language", settings.language.clone()),
        ("edition", settings.edition.code().to_owned()),
        ("features", settings.features.join(", ")),
        ("scope", settings.scope.join(", ")),
        ("culture", words(settings.culture())),
        ("server_offset", settings.server_offset.to_string()),
        ("user_offset", settings.user_offset.to_string()),
        ("https", settings.https.to_string()),
        ("https_required", settings.https_required.to_string()),
        ("status_profile", words(settings.status_profile)),
        ("batch_overflow", words(settings.batch_overflow)),
        ("batch_forbidden", words(settings.batch_forbidden)),
        ("rate_plan", words(settings.rate_plan())),
        (
            "operating_limit",
            settings
                .operating_limit()
                .map_or_else(|| "off".to_owned(), |seconds| seconds.to_string()),
        ),
        (
            "update_wipes_registrations",
            settings.update_wipes_registrations.to_string(),
        ),
        ("update_event", words(settings.update_event)),
        ("install_event", words(settings.install_event)),
        (
            "calls_before_install_finish",
            settings.calls_before_install_finish.to_string(),
        ),
        ("dismissed_owner", words(settings.dismissed_owner)),
        ("call_tokens", words(settings.call_tokens)),
        ("lock_window", words(settings.lock_window)),
        ("single_wrapped", settings.single_wrapped.to_string()),
        ("queue", queue(&settings.queue)),
        ("delivery_timeout", words(settings.delivery_timeout)),
    ]
}

/// Describes what the queue does besides sending immediately.
fn queue(queue: &Queue) -> String {
    let facts = [
        (queue.loss > 0.0).then(|| format!("loses {}", queue.loss)),
        (queue.duplication > 0.0).then(|| format!("doubles {}", queue.duplication)),
        (!queue.delay.is_zero()).then(|| format!("delays by {:?}", queue.delay)),
        queue
            .throttle_after
            .map(|limit| format!("throttles after {limit:?}")),
        queue.retries.then(|| "retries".to_owned()),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    if facts.is_empty() {
        "immediately".to_owned()
    } else {
        facts.join(", ")
    }
}

fn of_the_platform(settings: &Settings) -> Vec<(&'static str, String)> {
    let platform = &settings.platform;
    vec![
        ("call_dispatch", words(platform.call_dispatch)),
        ("event_send", words(platform.event_send)),
        ("base_types", words(platform.base_types)),
        ("add_race", words(platform.add_race)),
        ("time_start", words(platform.time_start)),
        (
            "robot_document_type_check",
            platform.robot_document_type_check.to_string(),
        ),
        (
            "placement_update_duplicate",
            words(platform.placement_update_duplicate),
        ),
        (
            "placement_template",
            platform.placement_template.to_string(),
        ),
        (
            "placement_button_only",
            platform.placement_button_only.to_string(),
        ),
        (
            "handler_domain_rule",
            platform.handler_domain_rule.to_string(),
        ),
        (
            "robot_type_whitelist",
            platform.robot_type_whitelist.to_string(),
        ),
        (
            "update_folds_top_only",
            platform.update_folds_top_only.to_string(),
        ),
        (
            "auth_user_fallback",
            platform.auth_user_fallback.to_string(),
        ),
    ]
}
