//! The named values of arguments.

use bizproc_portal::{
    BatchRefusal, CallTokens, Culture, DismissedOwner, Edition, Platform, RatePlan, StatusProfile,
    UpdateEvent,
};
use clap::builder::{PossibleValuesParser, TypedValueParser};

pub(super) const PLATFORMS: [(&str, Platform); 6] = [
    ("26", Platform::v26()),
    ("25", Platform::v25()),
    ("24", Platform::v24()),
    ("24.0", Platform::v24_0()),
    ("21", Platform::v21()),
    ("19", Platform::v19()),
];
pub(super) const CULTURES: [(&str, Culture); 2] = [
    ("31.12.2025", Culture::DayMonthYear),
    ("12/31/2025", Culture::MonthDayYear),
];
pub(super) const EDITIONS: [(&str, Edition); 2] =
    [("b24", Edition::Cloud), ("box", Edition::SelfHosted)];
pub(super) const STATUS_PROFILES: [(&str, StatusProfile); 3] = [
    ("server", StatusProfile::Server),
    ("docs", StatusProfile::Docs),
    ("python-sdk", StatusProfile::PythonSdk),
];
pub(super) const BATCH_REFUSALS: [(&str, BatchRefusal); 2] = [
    ("per-command", BatchRefusal::PerCommand),
    ("whole-call", BatchRefusal::WholeCall),
];
pub(super) const RATE_PLANS: [(&str, RatePlan); 3] = [
    ("off", RatePlan::Off),
    ("standard", RatePlan::Standard),
    ("enterprise", RatePlan::Enterprise),
];
pub(super) const UPDATE_EVENTS: [(&str, UpdateEvent); 3] = [
    ("onappupdate", UpdateEvent::OnAppUpdate),
    ("onappinstall", UpdateEvent::OnAppInstall),
    ("none", UpdateEvent::None),
];
pub(super) const DISMISSED_OWNERS: [(&str, DismissedOwner); 2] = [
    ("without-tokens", DismissedOwner::CallWithoutTokens),
    ("no-call", DismissedOwner::NoCall),
];
pub(super) const CALL_TOKENS: [(&str, CallTokens); 3] = [
    ("both", CallTokens::Both),
    ("access", CallTokens::AccessOnly),
    ("none", CallTokens::None),
];

/// Parses one of the values with these names.
pub(super) fn named<T: Clone + Send + Sync + 'static>(
    choices: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(choices.iter().map(|(name, _)| *name)).try_map(move |name| {
        let found = choices.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).ok_or("no such value")
    })
}
