//! Wrong definitions and what their authors read; right ones that must stay right.
//!
//! `ui/<subject>/*.rs` must not compile, with exactly the words of the `.stderr` file beside it;
//! `ui/pass/*.rs` must. `ui/built/*.rs` is wrong only where the whole program is built; the other
//! subjects are checked, as editors do. `TRYBUILD=overwrite cargo test --test ui` writes the words
//! anew, `cargo test --test ui -- wrong trybuild=code/` runs the cases of one subject.

#[test]
fn right_definitions_and_programs_that_cannot_be_built() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/built/*.rs");
}

#[test]
fn wrong_definitions() {
    let cases = trybuild::TestCases::new();
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
fn every_subject_has_cases() {
    for subject in SUBJECTS.iter().chain(&["built", "pass"]) {
        let folder = format!("ui/{subject}");
        let mut files = std::fs::read_dir(&folder).expect("the subject's folder");
        let is_case = |file: std::io::Result<std::fs::DirEntry>| {
            file.is_ok_and(|file| file.path().extension().is_some_and(|end| end == "rs"))
        };
        assert!(files.any(is_case), "`{folder}` has no case");
    }
}

#[test]
fn every_folder_is_run() {
    let folders = std::fs::read_dir("ui").expect("the cases' folder");
    for folder in folders.map(|entry| entry.expect("an entry").file_name()) {
        let folder = folder.to_string_lossy();
        assert!(
            ["built", "pass"].contains(&&*folder) || SUBJECTS.contains(&&*folder),
            "`ui/{folder}` is missing in `SUBJECTS`"
        );
    }
}
