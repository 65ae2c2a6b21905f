//! The registrations of published applications, each as the struct that a person would write.
//!
//! What such a struct registers is what its application registers, but for the faults: they are
//! cured, and the row of the application lists what differs. `normal.rs` says which ways of
//! writing a definition are one.
//!
//! The faults of the file, [`FAULTS`], are either refused by the derive, each in a case of
//! `definitions/ui/wild`, or cannot be written at all.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use bizproc_portal::php::serialized_len;
use bizproc_runtime::Robot;
use bizproc_runtime::definition::{Definition, Registration};
use serde_json::Value;

/// `id: Struct => "what differs", …;`, a test each.
macro_rules! rows {
    ($($id:ident: $robot:ty $(=> $($difference:literal),+)?;)+) => {
        pub(crate) const ROWS: &[&str] = &[$(stringify!($id)),+];

        $(
            #[test]
            fn $id() {
                super::check::<$robot>(stringify!($id), &[$($($difference),+)?]);
            }
        )+
    };
}

mod activities;
mod asaas;
mod crm;
mod emmely;
mod emmely_billing;
mod normal;
mod robots;
mod rusagro;
mod tasks;

use normal::{differences, facts};

/// Each fault in the words of the file, what a struct does instead, and the case of
/// `definitions/ui/wild` with a struct that insists on it.
const FAULTS: &[(&str, &str, Option<&str>)] = &[
    (
        "select without Options",
        "an enum has its options with it",
        Some("w033_options"),
    ),
    (
        "outputs can never be filled",
        "a robot with return values waits",
        Some("w028_w030_w033_wait"),
    ),
    (
        "RETURN_PROPERTIES without explicit USE_SUBSCRIPTION=Y",
        "a robot with return values waits",
        Some("w001_w003_w005_w007_w009_wait"),
    ),
    (
        "USE_SUBSCRIPTION not explicit",
        "a robot without return values does not wait; `wait = author` is a decision",
        None,
    ),
    (
        "USE_SUBSCRIPTION=Y without RETURN_PROPERTIES",
        "only `wait = always` waits for a bare reply, and is a decision",
        None,
    ),
    (
        "no \"en\" text",
        "the doc comment is English",
        Some("w001_w003_w005_w007_w009_label"),
    ),
    (
        "non-canonical Type 'boolean'",
        "the Rust type is the type",
        Some("w001_w009_type"),
    ),
    (
        "non-canonical Type 'String'",
        "the Rust type is the type",
        Some("w045_w047_w051_w062_w064_w070_type"),
    ),
    (
        "Options is a list",
        "an enum's keys are words",
        Some("w005_w007_key"),
    ),
    (
        "empty-string option key",
        "`Option` is what may be left open",
        Some("w019_w027_key"),
    ),
    ("ids collide", "another id", Some("w013_id")),
    (
        "duplicate attribute",
        "a label is written once",
        Some("w051_name"),
    ),
    (
        "PROPERTIES is an empty object",
        "a struct without fields registers no properties",
        None,
    ),
    (
        "no AUTH_USER_ID",
        "it is the user who installs the application",
        None,
    ),
];

/// The user who installs the applications; none of the file's.
const INSTALLER: u64 = 7;

static ENTRIES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let file = fs::read_to_string(path("golden/wild-definitions.json")).unwrap();
    let mut file = serde_json::from_str::<Value>(&file).unwrap();
    serde_json::from_value(file["entries"].take()).unwrap()
});

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn id(entry: &Value) -> &str {
    entry["id"].as_str().unwrap()
}

fn lints(entry: &Value) -> impl Iterator<Item = &str> {
    let lints = entry["lints"].as_array().unwrap();
    lints.iter().map(|lint| lint.as_str().unwrap())
}

/// Fails unless the robot registers what the file's entry does, but for what `cured` lists.
fn check<R: Robot>(id: &str, cured: &[&str]) {
    let entry = ENTRIES
        .iter()
        .find(|entry| self::id(entry) == id)
        .expect("an entry of the file");
    let at = Registration::new("https://app.example").user_id(INSTALLER);
    let theirs = facts(entry["payload"].as_object().unwrap());
    let ours = facts(&R::DEFINITION.add_params(&at));
    let has_fault = lints(entry).next().is_some();
    assert!(
        has_fault || cured.is_empty(),
        "nothing of `{id}` is to cure"
    );
    let expected: BTreeSet<_> = cured.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(differences(&theirs, &ours), expected);
    assert_eq!(entry["method"], R::DEFINITION.method("add"));
    check_size(&R::DEFINITION, &at);
}

/// What the definition says the portal stores is what the portal counts.
fn check_size(definition: &Definition, at: &Registration) {
    let params = definition.add_params(at);
    let counted = |key: &str| {
        let map = params
            .get(key)
            .cloned()
            .unwrap_or_else(|| Value::Array(Vec::new()));
        serialized_len(&bizproc_portal::php::Value::from(map))
    };
    let bytes = (counted("PROPERTIES"), counted("RETURN_PROPERTIES"));
    assert_eq!(definition.stored_bytes(), bytes);
}

#[test]
fn no_entry_is_left_out() {
    let mut rows = [
        activities::ROWS,
        asaas::ROWS,
        crm::ROWS,
        emmely::ROWS,
        emmely_billing::ROWS,
        robots::ROWS,
        rusagro::ROWS,
        tasks::ROWS,
    ]
    .concat();
    rows.sort_unstable();
    let mut entries = ENTRIES.iter().map(id).collect::<Vec<_>>();
    entries.sort_unstable();
    assert_eq!(rows, entries);
}

#[test]
fn no_fault_is_left_out() {
    for entry in ENTRIES.iter() {
        for lint in lints(entry) {
            let rows = FAULTS.iter().filter(|(fault, ..)| lint.contains(fault));
            assert_eq!(rows.count(), 1, "{}: {lint}", id(entry));
        }
    }
}

/// A case is named after the entries whose fault it shows, and begins with the words of the file.
#[test]
fn every_case_shows_the_fault_of_its_entries() {
    let mut shown = BTreeSet::new();
    for (fault, _, case) in FAULTS {
        let Some(case) = case else { continue };
        shown.insert(format!("{case}.rs"));
        let source = fs::read_to_string(path(&format!("definitions/ui/wild/{case}.rs"))).unwrap();
        assert!(source.starts_with("// ") && source.lines().next().unwrap().contains(fault));
        let (ids, _) = case.rsplit_once('_').unwrap();
        for name in ids.split('_') {
            let entry = ENTRIES.iter().find(|entry| id(entry) == name).unwrap();
            assert!(
                lints(entry).any(|lint| lint.contains(fault)),
                "{case}: {name}"
            );
        }
    }
    let cases: BTreeSet<_> = fs::read_dir(path("definitions/ui/wild"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("stderr"))
        .collect();
    assert_eq!(cases, shown);
}
