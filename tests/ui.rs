//! Wrong definitions and what their authors read; right ones that must stay right.
//!
//! `tests/ui/<subject>/*.rs` must not compile, with exactly the words of the `.stderr` file beside
//! it; `tests/ui/pass/*.rs` must. `TRYBUILD=overwrite cargo test --test ui` writes the words anew,
//! `cargo test --test ui -- definitions trybuild=code/` runs the cases of one subject.

#[test]
fn definitions() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    for subject in SUBJECTS {
        cases.compile_fail(format!("ui/{subject}/*.rs"));
    }
}

/// A folder that is not named here would not be run: [`every_folder_is_run`] sees to it.
const SUBJECTS: &[&str] = &[
    "app",
    "code",
    "default",
    "definition",
    "failure",
    "flatten",
    "generic",
    "handler",
    "id",
    "label",
    "newtype",
    "option",
    "size",
    "syntax",
    "trap",
    "type",
    "wild",
];

#[test]
fn every_folder_is_run() {
    let folders = std::fs::read_dir("ui").expect("the cases' folder");
    for folder in folders.map(|entry| entry.expect("an entry").file_name()) {
        let folder = folder.to_string_lossy();
        assert!(
            folder == "pass" || SUBJECTS.contains(&&*folder),
            "`tests/ui/{folder}` is missing in `SUBJECTS`"
        );
    }
}
