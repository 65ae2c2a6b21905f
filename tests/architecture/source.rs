//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lexer::plain;

/// A file, by its path inside the folder that was asked for, with `/` between folders.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    /// The text with comments and literals blanked.
    pub(crate) plain: String,
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            plain: plain(text),
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a folder with one of these extensions, by path. Hidden folders, installed packages
/// and what programs have written are left out.
pub(crate) fn files(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let top = root().join(folder);
    let mut all = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name");
            if path.is_dir() {
                if !name.starts_with('.')
                    && !matches!(
                        name,
                        "target" | "node_modules" | "corpus" | "former" | "snapshots"
                    )
                {
                    folders.push(path);
                }
                continue;
            }
            let extension = path.extension().and_then(|extension| extension.to_str());
            if extension.is_some_and(|extension| extensions.contains(&extension)) {
                let inside = path.strip_prefix(&top).expect("a path below");
                let file = inside.to_str().expect("a name").replace('\\', "/");
                all.push((file, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    all.sort();
    assert!(!all.is_empty(), "no file in {folder}");
    all
}

/// The Rust files below a folder.
pub(crate) fn rust(folder: &str) -> Vec<Source> {
    files(folder, &["rs"])
        .iter()
        .map(|(file, text)| Source::new(file, text))
        .collect()
}

/// The names between backquotes in the sentence of `CONTRIBUTING.md` that begins and ends so.
pub(crate) fn listed(begin: &str, end: &str) -> Vec<String> {
    let text = read("CONTRIBUTING.md").replace('\n', " ");
    let (_, list) = text
        .split_once(begin)
        .unwrap_or_else(|| panic!("CONTRIBUTING.md has no sentence with `{begin}`"));
    let (list, _) = list
        .split_once(end)
        .unwrap_or_else(|| panic!("CONTRIBUTING.md has no `{end}` after `{begin}`"));
    let names = list.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}
