//! The files of a crate, as `mod` declares them.

use std::collections::BTreeMap;

use crate::imports::{Import, imports};
use crate::lexer::{InlineModule, inline_modules, is_for_tests, keyword, leading_name, prefix};
use crate::source::Source;

/// A file as a module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) file: String,
    /// Its path from the crate's root; empty for the root.
    pub(crate) names: Vec<String>,
    pub(crate) children: BTreeMap<String, usize>,
    pub(crate) inline: Vec<InlineModule>,
    pub(crate) imports: Vec<Import>,
    /// The text without comments, literals and imports.
    pub(crate) code: String,
    pub(crate) is_for_tests: bool,
}

/// The files of the crate with this root, such as `lib.rs`, of those in its folder. The root is the
/// first.
pub(crate) fn modules(sources: &[Source], root: &str) -> Vec<Module> {
    let mut modules = Vec::new();
    load(&mut modules, sources, root, &[], false);
    modules
}

/// Adds a file and those that it declares; the place it got.
fn load(
    modules: &mut Vec<Module>,
    sources: &[Source],
    file: &str,
    names: &[String],
    test: bool,
) -> usize {
    let found = sources.iter().find(|source| source.file == file);
    let source = found.unwrap_or_else(|| panic!("no file {file}"));
    let (imports, code) = imports(&source.plain);
    let own = modules.len();
    modules.push(Module {
        file: file.to_owned(),
        names: names.to_vec(),
        children: BTreeMap::new(),
        inline: inline_modules(&source.plain),
        imports,
        code,
        is_for_tests: test,
    });
    for (child, at) in declared(&source.plain) {
        let files = files_of_child(sources, source, names, &child, at);
        assert!(!files.is_empty(), "{file}: no file of `mod {child};`");
        let names = [names, std::slice::from_ref(&child)].concat();
        let is_for_tests = test || is_for_tests(prefix(&source.plain, at));
        for file in files {
            let place = load(modules, sources, &file, &names, is_for_tests);
            let children = &mut modules[own].children;
            children.entry(child.clone()).or_insert(place);
        }
    }
    own
}

/// The names that a plain text declares by `mod x;`, with the place of each.
fn declared(plain: &str) -> Vec<(String, usize)> {
    let declared = keyword(plain, "mod").filter_map(|at| {
        let name = leading_name(&plain[at + 4..]);
        let is_file = plain[at + 4 + name.len()..].starts_with(';');
        is_file.then(|| (name.to_owned(), at))
    });
    declared.collect()
}

/// The files of the child that is declared at this byte: one, or one for each configuration.
fn files_of_child(
    sources: &[Source],
    parent: &Source,
    names: &[String],
    child: &str,
    at: usize,
) -> Vec<String> {
    let is_there = |file: &String| sources.iter().any(|source| source.file == *file);
    let join = |folder: &str, file: &str| {
        let path = format!("{folder}/{file}");
        path.trim_start_matches('/').to_owned()
    };
    let folder = names.join("/");
    let mut files = vec![
        join(&folder, &format!("{child}.rs")),
        join(&folder, &format!("{child}/mod.rs")),
    ];
    // The literal is blanked in the plain text, which has the same bytes.
    let before = prefix(&parent.plain, at);
    let before = &parent.text[at - before.len()..at];
    if let Some((_, rest)) = before.split_once("path = \"") {
        let (path, _) = rest.split_once('"').expect("a path");
        let (folder, _) = parent.file.rsplit_once('/').unwrap_or_default();
        files.push(join(folder, path));
    }
    files.retain(is_there);
    files
}
