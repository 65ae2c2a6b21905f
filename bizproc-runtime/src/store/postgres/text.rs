//! Texts as PostgreSQL stores them: it has no NUL.

use std::borrow::Cow;

use crate::rest::EventToken;
use crate::store::rules::Entry;

/// Writes a NUL as `\0`, and `\` as `\\`.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if text.contains(['\0', '\\']) {
        text.replace('\\', "\\\\").replace('\0', "\\0").into()
    } else {
        text.into()
    }
}

pub(super) fn unescape(text: String) -> String {
    if !text.contains('\\') {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let escaped = if char == '\\' { chars.next() } else { None };
        plain.push(match escaped {
            Some('0') => '\0',
            Some(other) => other,
            None => char,
        });
    }
    plain
}

/// Restores the texts of a call.
pub(super) fn unescape_call(mut call: Entry) -> Entry {
    let head = &mut call.head;
    head.event_token = EventToken::new(unescape(head.event_token.as_str().to_owned()));
    head.member_id = unescape(std::mem::take(&mut head.member_id));
    head.code = unescape(std::mem::take(&mut head.code));
    call.reason = call.reason.map(unescape);
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_out_as_it_went_in() {
        for text in ["", "plain", "\0", "\\0", "\\", "a\\\0\\0b\0", "🦔"] {
            let escaped = escape(text);
            assert!(!escaped.contains('\0'));
            assert_eq!(unescape(escaped.into_owned()), text);
        }
    }
}
