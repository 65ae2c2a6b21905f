//! The paths that a file names: in `use`, and in its code.

use std::ops::Range;

use crate::lexer::{blanked, is_for_tests, is_word, keyword, leading_name, line_at, prefix};

/// A path in a `use`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name that it binds; `None` for `_` and `*`.
    pub(crate) binds: Option<String>,
    pub(crate) is_glob: bool,
    pub(crate) is_reexport: bool,
    pub(crate) is_for_tests: bool,
    /// Where the statement is, in bytes.
    pub(crate) at: usize,
    pub(crate) line: usize,
}

/// A path of two names or more in code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) at: usize,
    pub(crate) line: usize,
}

/// The imports of a plain text, and the text without them.
pub(crate) fn imports(plain: &str) -> (Vec<Import>, String) {
    let mut all = Vec::new();
    let mut spans = Vec::<Range<usize>>::new();
    for at in keyword(plain, "use") {
        let Some(length) = plain[at..].find(';') else {
            continue;
        };
        let before = prefix(plain, at);
        for (path, binds) in expand(&plain[at + 3..at + length]) {
            all.push(Import {
                is_glob: path.last().is_some_and(|last| last == "*"),
                path,
                binds,
                is_reexport: keyword(before, "pub").next().is_some() || before.contains("pub("),
                is_for_tests: is_for_tests(before),
                at,
                line: line_at(plain, at),
            });
        }
        spans.push(at..at + length);
    }
    let mut rest = plain.to_owned();
    for span in spans {
        rest.replace_range(span.clone(), &blanked(&plain[span]));
    }
    (all, rest)
}

/// A tree of a `use` as its paths, each with the name that it binds.
fn expand(tree: &str) -> Vec<(Vec<String>, Option<String>)> {
    if let Some((head, group)) = tree.trim().split_once('{') {
        let head = segments(head);
        let parts = split(group.trim_end_matches('}'));
        let mut all = Vec::new();
        for (tail, binds) in parts.into_iter().flat_map(expand) {
            let mut path = head.clone();
            // `a::{self}` is `a`.
            let binds = if tail == ["self"] && !head.is_empty() {
                binds
                    .filter(|name| name != "self")
                    .or_else(|| head.last().cloned())
            } else {
                path.extend(tail);
                binds
            };
            all.push((path, binds));
        }
        return all;
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (segments(path), Some(alias.trim().to_owned())),
        None => (segments(tree), None),
    };
    if path.is_empty() {
        return Vec::new();
    }
    let binds = alias
        .or_else(|| path.last().cloned())
        .filter(|name| !matches!(&**name, "_" | "*"));
    vec![(path, binds)]
}

fn segments(path: &str) -> Vec<String> {
    path.split("::")
        .map(str::trim)
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.trim_start_matches("r#").to_owned())
        .collect()
}

/// The parts of a group, by its own commas.
fn split(group: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

/// The paths in a plain text without imports. Those that a macro's `$crate` begins are left out.
pub(crate) fn mentions(code: &str) -> Vec<Mention> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(found) = code[at..].find(is_word) {
        let start = at + found;
        let mut path = vec![leading_name(&code[start..]).to_owned()];
        let mut end = start + path[0].len();
        while code[end..].starts_with("::") {
            let next = leading_name(&code[end + 2..]);
            if next.is_empty() {
                break;
            }
            path.push(next.to_owned());
            end += 2 + next.len();
        }
        at = end;
        let before = &code[..start];
        let is_whole = !before.ends_with(['$', '\'']) && !before.ends_with("::");
        // `pub(in crate::a)` uses nothing.
        if path.len() > 1 && is_whole && !before.ends_with("pub(in ") {
            all.push(Mention {
                path,
                at: start,
                line: line_at(code, start),
            });
        }
    }
    all
}

/// What follows each place where a name stands in code as a word of its own.
pub(crate) fn uses_of<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(name).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let is_free = before.is_none_or(|c| !is_word(c)) && !after.starts_with(is_word);
        is_free.then_some(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_taken_apart() {
        let text = "pub(crate) use crate::{a::{self, B as C}, d::*};\nuse super::e as _;";
        let (imports, rest) = imports(text);
        let found = imports.iter().map(|import| {
            let binds = import.binds.as_deref();
            (
                import.path.join("::"),
                binds,
                import.is_reexport,
                import.line,
            )
        });
        let expected = [
            ("crate::a", Some("a"), true, 1),
            ("crate::a::B", Some("C"), true, 1),
            ("crate::d::*", None, true, 1),
            ("super::e", None, false, 2),
        ];
        let expected = expected.map(|(path, binds, is, line)| (path.to_owned(), binds, is, line));
        assert!(found.eq(expected), "{imports:?}");
        assert!(!rest.contains("crate::") && rest.len() == text.len());
    }

    #[test]
    fn paths_in_code_are_found() {
        let text = "let x = crate::g::h();\n$crate::z::Z; a.b::<C>(); 0..super::N; ::std::x; 'a: d::E pub(in crate::f)";
        let all = mentions(text);
        let found = all
            .iter()
            .map(|mention| (mention.path.join("::"), mention.line));
        let expected = [("crate::g::h", 1), ("super::N", 2), ("d::E", 2)];
        assert!(
            found.eq(expected.map(|(path, line)| (path.to_owned(), line))),
            "{all:?}"
        );
    }
}
