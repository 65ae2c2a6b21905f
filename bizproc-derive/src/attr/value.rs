//! The values of keys: texts, words and paths.

use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::{Ident, LitStr, Path, Token};

use super::key::Attr;
use super::tokens::{key_of, span_of};
use crate::ctxt::Ctxt;
use crate::name::{RENAME_RULES, RenameRule, allowed_instead};

/// The value after `key =`; `forms` lists the allowed ones for the message.
pub(crate) fn value<T: Parse>(meta: &ParseNestedMeta<'_>, forms: &str) -> syn::Result<T> {
    if !meta.input.peek(Token![=]) {
        return Err(meta.error(format!("expected {forms}")));
    }
    let input = meta.value()?;
    input
        .parse()
        .map_err(|error| syn::Error::new(error.span(), format!("expected {forms}")))
}

/// `key = "text"`.
pub(crate) fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let key = key_of(&meta.path);
    if !meta.input.peek(Token![=]) {
        return Err(meta.error(format!("expected a text: `{key} = \"...\"`")));
    }
    let input = meta.value()?;
    input.parse().map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("expected a text in quotes: `{key} = \"...\"`"),
        )
    })
}

/// `key = word`, one of `words`; `None` for an unknown word, which is reported.
pub(crate) fn word<T: Copy>(
    ctxt: &Ctxt,
    meta: &ParseNestedMeta<'_>,
    words: &[(&str, T)],
) -> syn::Result<Option<T>> {
    let key = key_of(&meta.path);
    let forms: Vec<_> = words
        .iter()
        .map(|(name, _)| format!("`{key} = {name}`"))
        .collect();
    let ident: Ident = value(meta, &one_of(&forms))?;
    let found = ident.to_string();
    Ok(lookup(ctxt, &meta.path, &ident, &found, words))
}

/// `a, b or c`
fn one_of(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// The value that belongs to the word `found`, which was written as the token `at`.
fn lookup<T: Copy>(
    ctxt: &Ctxt,
    key: &Path,
    at: impl ToTokens,
    found: &str,
    words: &[(&str, T)],
) -> Option<T> {
    let value = words.iter().find(|(name, _)| *name == found);
    if value.is_none() {
        let key = key_of(key);
        let allowed = allowed_instead(found, words.iter().map(|(name, _)| *name));
        ctxt.error_at(at, format!("unknown `{key}` `{found}`{allowed}"));
    }
    value.map(|(_, value)| *value)
}

/// `rename_all = "camelCase"`.
pub(crate) fn rename_all(
    ctxt: &Ctxt,
    meta: &ParseNestedMeta<'_>,
    attr: &mut Attr<RenameRule>,
) -> syn::Result<()> {
    let literal = text(meta)?;
    if let Some(rule) = lookup(ctxt, &meta.path, &literal, &literal.value(), RENAME_RULES) {
        attr.set(ctxt, span_of(meta), rule);
    }
    Ok(())
}

/// `crate = "::path::to::bizproc_runtime"`: absolute, or from the user's own crate.
pub(crate) fn crate_path(
    ctxt: &Ctxt,
    meta: &ParseNestedMeta<'_>,
    attr: &mut Attr<Path>,
) -> syn::Result<()> {
    let literal = text(meta)?;
    let path = literal.parse::<Path>().map_err(|_| {
        syn::Error::new(
            literal.span(),
            "expected a path: `crate = \"::bizproc_runtime\"`",
        )
    })?;
    let first = path
        .segments
        .first()
        .map_or_else(String::new, |segment| segment.ident.to_string());
    if path.leading_colon.is_some() || first == "crate" {
        attr.set(ctxt, span_of(meta), path);
        return Ok(());
    }
    let found = literal.value();
    let absolute = match first.as_str() {
        "self" | "super" => "crate::...".to_owned(),
        _ => format!("::{found}"),
    };
    ctxt.error_at(
        &literal,
        format!("the path must be absolute or begin with `crate`: write `crate = \"{absolute}\"`"),
    );
    Ok(())
}
