//! Which file of a crate uses which.
//!
//! A path is followed from `crate`, `self`, `super`, a module or an imported name to the file that
//! defines what it ends at, through the imports and re-exports of the files on its way. `mod x;` is
//! no arrow, nor is a re-export that its own file has no use for.

use std::collections::BTreeSet;

use crate::imports::{Import, Mention, mentions, uses_of};
use crate::modules::{Module, modules};
use crate::source::Source;

/// More imports than this between a name and its definition are a circle of imports.
const LONGEST_CHAIN: usize = 12;

/// A use of one file in another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) line: usize,
    /// The path as written.
    pub(crate) path: String,
    pub(crate) is_for_tests: bool,
}

/// What a path ends at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    Module(usize),
    Item(usize),
}

#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) modules: Vec<Module>,
    pub(crate) arrows: BTreeSet<Arrow>,
}

impl Graph {
    /// The graph of the crate with this root, such as `lib.rs`, of the files in its folder.
    pub(crate) fn new(sources: &[Source], root: &str) -> Self {
        let mut graph = Self {
            modules: modules(sources, root),
            arrows: BTreeSet::new(),
        };
        let arrows = (0..graph.modules.len()).flat_map(|from| graph.arrows_of(from));
        graph.arrows = arrows.collect();
        graph
    }

    fn arrows_of(&self, from: usize) -> Vec<Arrow> {
        let module = &self.modules[from];
        let mut arrows = Vec::new();
        let mut add = |to: usize, line: usize, path: &[String], at: usize, test: bool| {
            if to == from {
                return;
            }
            let mut inline = module.inline.iter();
            let in_test = inline.any(|inline| inline.is_test && inline.span.contains(&at));
            arrows.push(Arrow {
                from,
                to,
                line,
                path: path.join("::"),
                is_for_tests: module.is_for_tests || in_test || test,
            });
        };
        for import in &module.imports {
            let Some(target) = self.target_of_import(from, import, 0) else {
                continue;
            };
            let name = import.binds.as_deref().unwrap_or_default();
            let uses = || uses_of(&module.code, name).filter(|_| !name.is_empty());
            let to = match target {
                // The code that uses a module names what it uses in it.
                Target::Module(to) if uses().any(|after| !after.starts_with("::")) => to,
                Target::Module(to) if import.is_glob && !import.is_reexport => to,
                Target::Module(_) => continue,
                Target::Item(_) if import.is_reexport && uses().next().is_none() => continue,
                Target::Item(to) => to,
            };
            add(
                to,
                import.line,
                &import.path,
                import.at,
                import.is_for_tests,
            );
        }
        for Mention { path, at, line } in mentions(&module.code) {
            if let Some(Target::Item(to) | Target::Module(to)) = self.target(from, &path, at, 0) {
                add(to, line, &path, at, false);
            }
        }
        arrows
    }

    fn target_of_import(&self, from: usize, import: &Import, depth: usize) -> Option<Target> {
        let mut path = &import.path[..];
        if import.is_glob {
            path = &path[..path.len() - 1];
        }
        // A name that an import binds does not name itself.
        let first = path.first()?;
        if import.binds.as_ref() == Some(first) && !self.modules[from].children.contains_key(first)
        {
            return None;
        }
        self.target(from, path, import.at, depth)
    }

    /// Where a path leads that stands in a file at this byte; `None` outside the crate.
    fn target(&self, from: usize, path: &[String], at: usize, depth: usize) -> Option<Target> {
        let module = &self.modules[from];
        let (first, rest) = path.split_first()?;
        let inside = module
            .inline
            .iter()
            .filter(|inline| inline.span.contains(&at));
        let mut here = module.names.clone();
        here.extend(inside.map(|inline| inline.name.clone()));
        match &**first {
            "crate" => return self.walk(rest, depth),
            "self" => return self.walk(&[&here, rest].concat(), depth),
            "super" => {
                let levels = path.iter().take_while(|name| *name == "super").count();
                here.truncate(here.len().saturating_sub(levels));
                return self.walk(&[&here, &path[levels..]].concat(), depth);
            }
            _ => {}
        }
        if module.children.contains_key(first) {
            return self.walk(&[&module.names, path].concat(), depth);
        }
        self.bound(from, first, rest, depth)
    }

    /// Where a name and what is behind it lead that a file imports.
    fn bound(&self, file: usize, name: &str, rest: &[String], depth: usize) -> Option<Target> {
        if depth > LONGEST_CHAIN {
            return None;
        }
        let mut imports = self.modules[file].imports.iter();
        let import = imports.find(|import| import.binds.as_deref() == Some(name))?;
        match self.target_of_import(file, import, depth + 1)? {
            Target::Item(to) => Some(Target::Item(to)),
            Target::Module(to) => self.walk(&[&self.modules[to].names, rest].concat(), depth + 1),
        }
    }

    /// Follows a path from the root.
    fn walk(&self, path: &[String], depth: usize) -> Option<Target> {
        if depth > LONGEST_CHAIN {
            return None;
        }
        let mut file = 0;
        for (index, name) in path.iter().enumerate() {
            if let Some(child) = self.modules[file].children.get(name) {
                file = *child;
                continue;
            }
            let found = self
                .bound(file, name, &path[index + 1..], depth)
                .or_else(|| self.by_glob(file, &path[index..], depth));
            return Some(found.unwrap_or(Target::Item(file)));
        }
        Some(Target::Module(file))
    }

    /// Where a path leads whose first name a file imports by `*`.
    fn by_glob(&self, file: usize, path: &[String], depth: usize) -> Option<Target> {
        let name = path.first()?;
        let mut globs = self.modules[file].imports.iter();
        globs.find_map(|import| {
            if !import.is_glob {
                return None;
            }
            match self.target_of_import(file, import, depth + 1)? {
                Target::Module(to) if self.has(to, name) => {
                    self.walk(&[&self.modules[to].names, path].concat(), depth + 1)
                }
                Target::Item(_) | Target::Module(_) => None,
            }
        })
    }

    /// Whether a file defines or imports a name.
    fn has(&self, file: usize, name: &str) -> bool {
        let module = &self.modules[file];
        let mut imports = module.imports.iter();
        module.children.contains_key(name)
            || imports.any(|import| import.binds.as_deref() == Some(name))
            || ["struct", "enum", "trait", "fn", "const", "static", "type"]
                .iter()
                .any(|item| module.code.contains(&format!("{item} {name}")))
    }

    /// The files that reach each other, each set with more than one file.
    pub(crate) fn circles(&self, with_tests: bool) -> Vec<Vec<usize>> {
        let count = self.modules.len();
        let mut next = vec![BTreeSet::new(); count];
        for arrow in &self.arrows {
            if with_tests || !arrow.is_for_tests {
                next[arrow.from].insert(arrow.to);
            }
        }
        let reached_from = |from: usize| {
            let mut seen = BTreeSet::new();
            let mut open = vec![from];
            while let Some(file) = open.pop() {
                open.extend(next[file].iter().filter(|to| seen.insert(**to)));
            }
            seen
        };
        let reached: Vec<_> = (0..count).map(reached_from).collect();
        let mut circles = BTreeSet::new();
        for from in 0..count {
            let circle: Vec<_> = reached[from]
                .iter()
                .copied()
                .filter(|to| reached[*to].contains(&from))
                .collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    /// The arrows within a circle as a person reads them, one of each file to each other.
    pub(crate) fn describe(&self, circle: &[usize], with_tests: bool) -> String {
        let mut lines = vec![format!("a circle of {} files:", circle.len())];
        let mut seen = BTreeSet::new();
        for arrow in &self.arrows {
            let Arrow {
                from,
                to,
                line,
                path,
                ..
            } = arrow;
            let is_inside = circle.contains(from) && circle.contains(to);
            let counts = with_tests || !arrow.is_for_tests;
            if is_inside && counts && seen.insert((from, to)) {
                let from = &self.modules[*from].file;
                let to = &self.modules[*to].file;
                lines.push(format!("  {from}:{line} -> {to} by `{path}`"));
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph_of(files: &[(&str, &str)]) -> Graph {
        let sources = files.iter().map(|(file, text)| Source::new(file, text));
        Graph::new(&sources.collect::<Vec<_>>(), "lib.rs")
    }

    /// The arrows as `from > to`.
    fn arrows(graph: &Graph) -> Vec<String> {
        let file = |place: usize| graph.modules[place].file.trim_end_matches(".rs");
        let arrows = graph.arrows.iter();
        arrows
            .map(|arrow| format!("{} > {}", file(arrow.from), file(arrow.to)))
            .collect()
    }

    #[test]
    fn a_circle_of_four_files_is_found() {
        let graph = graph_of(&[
            ("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "fn b() { super::c::d::d() }"),
            ("c/mod.rs", "pub mod d; mod e;"),
            ("c/d.rs", "use super::e::{self, E};"),
            ("c/e.rs", "use crate::A;"),
        ]);
        let circles = graph.circles(false);
        let files = circles[0].iter().map(|file| &*graph.modules[*file].file);
        assert!(files.eq(["a.rs", "b.rs", "c/d.rs", "c/e.rs"]));
        assert_eq!(circles.len(), 1);
        let text = graph.describe(&circles[0], false);
        assert!(
            text.contains("b.rs:1 -> c/d.rs by `super::c::d::d`"),
            "{text}"
        );
    }

    #[test]
    fn a_name_is_followed_to_the_file_that_defines_it() {
        let graph = graph_of(&[
            ("lib.rs", "mod a; mod b; pub use b::One;"),
            (
                "a.rs",
                "use crate::One; use crate::b; fn a() { b::two(); b::Three::new(); }",
            ),
            (
                "b/mod.rs",
                "mod c; mod d; pub use c::One; pub use d::*; pub struct Three;",
            ),
            ("b/c.rs", "pub struct One;"),
            ("b/d.rs", "pub fn two() {}"),
        ]);
        let expected = ["a > b/mod", "a > b/c", "a > b/d"];
        assert_eq!(arrows(&graph), expected);
    }

    #[test]
    fn a_reexport_that_its_file_uses_is_an_arrow() {
        let graph = graph_of(&[
            (
                "lib.rs",
                "mod a; mod b; pub use a::A; pub use b::B; fn f(_: A) {}",
            ),
            ("a.rs", "pub struct A;"),
            ("b.rs", "pub struct B;"),
        ]);
        assert_eq!(arrows(&graph), ["lib > a"]);
    }

    #[test]
    fn arrows_of_tests_are_marked() {
        let graph = graph_of(&[
            ("lib.rs", "mod a; mod b; #[cfg(test)] mod c;"),
            (
                "a.rs",
                "#[cfg(test)]\nmod tests {\n use super::*;\n use crate::b::B;\n}",
            ),
            ("b.rs", "use crate::a::A;"),
            ("c.rs", "use crate::a::A;"),
        ]);
        let for_tests = graph.arrows.iter().filter(|arrow| arrow.is_for_tests);
        assert_eq!(for_tests.count(), 2);
        assert_eq!(graph.circles(false), [[0_usize; 0]; 0]);
        assert_eq!(graph.circles(true), [[1, 2]]);
    }
}
