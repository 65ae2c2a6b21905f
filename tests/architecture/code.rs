//! As much of Rust's grammar as counting lines and finding paths needs.

/// A function and how long it is, its signature included.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// The text with comments, texts and characters blank, line for line.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = blank(rest, &plain);
        if length == 0 {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let (gone, after) = rest.split_at(length);
            plain.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    plain
}

/// How many bytes of a comment or a literal `rest` begins with.
fn blank(rest: &str, before: &str) -> usize {
    let until = |end: &str, from: usize| {
        let found = rest[from..].find(end);
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    let in_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
    if let (Some(raw), false) = (raw, in_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let from = rest.len() - raw.len() + hashes + 1;
            return until(&format!("\"{}", "#".repeat(hashes)), from);
        }
    }
    match rest.as_bytes() {
        [b'"', ..] => quoted(rest, '"'),
        [b'\'', b'\\', ..] => quoted(rest, '\''),
        [b'\'', ..] => {
            // A lifetime has no second quote behind its first character.
            let second = rest.char_indices().nth(2);
            second
                .filter(|(_, c)| *c == '\'')
                .map_or(0, |(at, _)| at + 1)
        }
        _ => 0,
    }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The functions of a plain text.
pub(crate) fn functions(plain: &str) -> Vec<Function> {
    let mut all = Vec::new();
    for (at, _) in plain.match_indices("fn ") {
        let before = plain[..at].chars().next_back();
        let name = plain[at + 3..].split(|c: char| !c.is_alphanumeric() && c != '_');
        let name = name.into_iter().next().unwrap_or_default();
        if before.is_some_and(|c| !c.is_whitespace()) || name.is_empty() {
            continue;
        }
        let lines_before = plain[..at].matches('\n').count();
        all.push(Function {
            name: name.to_owned(),
            line: lines_before + 1,
            lines: plain[at..at + body(&plain[at..])].matches('\n').count() + 1,
        });
    }
    all
}

/// To the closing brace of the first block, or to the `;` of a function without one.
fn body(text: &str) -> usize {
    let (mut depth, mut inside) = (0_usize, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => inside += 1,
            ')' | ']' => inside = inside.saturating_sub(1),
            '{' => depth += 1,
            '}' if depth == 1 => return at,
            '}' => depth = depth.saturating_sub(1),
            ';' if depth == 0 && inside == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The modules that a plain text names by `crate::`, each with its line. Groups are taken apart.
pub(crate) fn uses(plain: &str) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (at, path) in plain.match_indices("crate::") {
        if plain[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let line = plain[..at].matches('\n').count() + 1;
        let rest = &plain[at + path.len()..];
        for name in heads(rest) {
            all.push((line, name));
        }
    }
    all
}

/// `a::b` begins with `a`, `{a::{b, c}, d}` with `a` and `d`.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut heads, mut fresh) = (0_usize, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                heads.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn comments_and_literals_are_blank() {
    let text = "a \"b{\\\"\" /* { */ 'c' '\\'' r#\"{\"# // }\nfn f<'a>() {}";
    let plain = plain(text);
    assert_eq!(plain.len(), text.len());
    assert_eq!(
        plain.split_whitespace().collect::<Vec<_>>(),
        ["a", "fn", "f<'a>()", "{}"]
    );
}

#[test]
fn functions_are_measured() {
    let text =
        "fn one() {\n  if x { }\n}\ntrait T { fn two(self); }\nconst fn three() -> [u8; 2] {\n}\n";
    let found = functions(text);
    let found = found
        .iter()
        .map(|f| (&*f.name, f.line, f.lines))
        .collect::<Vec<_>>();
    assert_eq!(found, [("one", 1, 3), ("two", 4, 1), ("three", 5, 2)]);
}

#[test]
fn uses_are_found_in_every_form() {
    let text = "use crate::a::B;\nuse crate::{c::{D, E}, f};\nlet x = crate::g::h();\n$crate::z::Z";
    let found = uses(text);
    let found = found
        .iter()
        .map(|(line, name)| (*line, &**name))
        .collect::<Vec<_>>();
    assert_eq!(found, [(1, "a"), (2, "c"), (2, "f"), (3, "g")]);
}
