//! Texts as PostgreSQL keeps them: it knows no NUL.

use std::borrow::Cow;

use super::super::entry::Entry;
use crate::rest::EventToken;

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

/// The texts of a call as they were before.
pub(super) fn unescape_call(mut call: Entry) -> Entry {
    call.event_token = EventToken::new(unescape(call.event_token.as_str().to_owned()));
    call.member_id = unescape(call.member_id);
    call.code = unescape(call.code);
    call.reason = call.reason.map(unescape);
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_out_as_it_went_in() {
        for text in ["", "plain", "\0", "\\0", "\\", "a\\\0\\0b\0", "🦔"] {
            let kept = escape(text);
            assert!(!kept.contains('\0'));
            assert_eq!(unescape(kept.into_owned()), text);
        }
    }
}
