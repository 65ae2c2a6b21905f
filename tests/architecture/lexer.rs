//! As much of Rust's grammar as counting lines and finding paths needs.

use std::ops::Range;

/// A function and its length in lines, signature included.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// An inline module, `mod name { … }`.
#[derive(Debug, PartialEq)]
pub(crate) struct InlineModule {
    pub(crate) name: String,
    /// Where it is, attributes included, in bytes.
    pub(crate) span: Range<usize>,
    pub(crate) is_test: bool,
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The number of the line at a byte, from 1.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The text with comments and literals blanked, byte for byte.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = blank(rest, &plain);
        if length == 0 {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            plain.push_str(&blanked(&rest[..length]));
            rest = &rest[length..];
        }
    }
    plain
}

/// Spaces in place of every byte but line ends.
pub(crate) fn blanked(text: &str) -> String {
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(blank).collect()
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
    let in_word = before.ends_with(is_word);
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
            // A lifetime has no second quote after its first character.
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

/// Where a keyword stands as a word of its own, followed by a space.
pub(crate) fn keyword<'a>(plain: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    plain
        .match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let is_free = plain[..*at].chars().next_back().is_none_or(|c| !is_word(c));
            is_free && plain[at + word.len()..].starts_with(' ')
        })
}

/// The name that a text begins with.
pub(crate) fn leading_name(text: &str) -> &str {
    text.split(|c: char| !is_word(c)).next().unwrap_or_default()
}

/// The attributes and the visibility in front of an item: back to the end of the one before it.
pub(crate) fn prefix(plain: &str, at: usize) -> &str {
    let start = plain[..at].rfind([';', '{', '}']);
    &plain[start.map_or(0, |start| start + 1)..at]
}

/// Whether attributes say that an item is for tests only.
pub(crate) fn is_for_tests(prefix: &str) -> bool {
    prefix.contains("cfg(test)") || prefix.contains("cfg(all(test")
}

/// The functions of a plain text.
pub(crate) fn functions(plain: &str) -> Vec<Function> {
    let mut all = Vec::new();
    for at in keyword(plain, "fn") {
        let name = leading_name(&plain[at + 3..]);
        if name.is_empty() {
            continue;
        }
        all.push(Function {
            name: name.to_owned(),
            line: line_at(plain, at),
            lines: plain[at..at + body(&plain[at..])].matches('\n').count() + 1,
        });
    }
    all
}

/// The inline modules of a plain text, outer ones first.
pub(crate) fn inline_modules(plain: &str) -> Vec<InlineModule> {
    let mut all = Vec::new();
    for at in keyword(plain, "mod") {
        let name = leading_name(&plain[at + 4..]);
        let block = at + 4 + name.len();
        if !name.is_empty() && plain[block..].trim_start().starts_with('{') {
            let attributes = prefix(plain, at).trim_start();
            all.push(InlineModule {
                name: name.to_owned(),
                span: at - attributes.len()..at + body(&plain[at..]),
                is_test: is_for_tests(attributes),
            });
        }
    }
    all
}

/// The length up to the closing brace of the first block, or to the `;` of an item without one.
fn body(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut inside = 0_usize;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let text = "a \"b{\\\"ж\" /* { */ 'c' '\\'' r#\"{\"# // }\nfn f<'a>() {}";
        let blanked = plain(text);
        assert_eq!(blanked.len(), text.len());
        let words: Vec<_> = blanked.split_whitespace().collect();
        assert_eq!(words, ["a", "fn", "f<'a>()", "{}"]);
    }

    #[test]
    fn functions_are_measured() {
        let text = "fn one() {\n  if x { }\n}\ntrait T { fn two(self); }\nconst fn three() -> [u8; 2] {\n}\n";
        let found = functions(text);
        let lengths = found.iter().map(|f| (&*f.name, f.line, f.lines));
        assert!(lengths.eq([("one", 1, 3), ("two", 4, 1), ("three", 5, 2)]));
    }

    #[test]
    fn inline_modules_are_found() {
        let text = "mod a;\nmod b { mod c {} }\n#[cfg(test)]\nmod tests {\n}\n";
        let modules = inline_modules(text);
        let found = modules.iter().map(|module| (&*module.name, module.is_test));
        assert!(found.eq([("b", false), ("c", false), ("tests", true)]));
        assert!(modules[0].span.contains(&modules[1].span.start));
    }
}
