//! Attributes as users write them: `#[robot(..)]`, `#[properties(..)]`, `#[return_values(..)]`,
//! `#[property(..)]`, `#[select(..)]`, `#[option(..)]`.
//!
//! A wrong value is reported and replaced by a neutral one, and reading continues with the next key.

mod container;
mod default;
mod filter;
mod label;
mod property;
mod robot;
mod select;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Path, Token};

pub(crate) use container::{ContainerAttrs, NewtypeAttrs};
pub(crate) use default::{Default, DefaultItem, Failure};
pub(crate) use filter::{Filter, Rule};
pub(crate) use label::{Doc, Label, Labels};
pub(crate) use property::{OptionEntry, PropertyAttrs};
pub(crate) use robot::{DocumentType, Kind, RobotAttrs, Wait};
pub(crate) use select::OptionAttrs;

use crate::ctxt::Ctxt;
use crate::name::{RENAME_RULES, RenameRule, allowed_instead};

/// The value of one key; giving it twice is an error at the second place.
pub(crate) struct Attr<T> {
    key: &'static str,
    value: Option<(Span, T)>,
}

impl<T> Attr<T> {
    pub(crate) fn new(key: &'static str) -> Self {
        Self { key, value: None }
    }

    pub(crate) fn set(&mut self, ctxt: &Ctxt, span: Span, value: T) {
        if self.value.is_some() {
            let key = self.key;
            ctxt.error(span, format!("`{key}` is given twice; keep one of the two"));
        } else {
            self.value = Some((span, value));
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn into_value(self) -> Option<T> {
        self.value.map(|(_, value)| value)
    }

    /// The place where the value was given.
    pub(crate) fn span(&self) -> Option<Span> {
        self.value.as_ref().map(|(span, _)| *span)
    }
}

/// Calls `read` for each key of each attribute named `namespace`; `read` returns whether it knows
/// the key.
pub(crate) fn each_key(
    ctxt: &Ctxt,
    attributes: &[Attribute],
    namespace: &str,
    keys: &[&str],
    mut read: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<bool>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident(namespace)) {
        let result = attribute.parse_nested_meta(|meta| {
            let key = key_of(&meta.path);
            match read(&key, &meta) {
                Ok(true) => {}
                Ok(false) => ctxt.error_at(&meta.path, unknown_key(namespace, &key, keys)),
                Err(error) => ctxt.push(error),
            }
            skip_to_comma(meta.input)
        });
        if let Err(error) = result {
            ctxt.push(error);
        }
    }
}

/// Names from the platform and from other libraries, with what replaces them here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("use_subscription", "whether the workflow waits is `wait`"),
    ("properties", "the fields of the struct are the properties"),
    (
        "return_properties",
        "return values are a struct of their own, named by `returns`",
    ),
    (
        "return_values",
        "return values are a struct of their own, named by `returns`",
    ),
    ("auth_user", "the user is `auth_user_id`"),
    (
        "use_placement",
        "a settings page is `placement = \"/path\"`",
    ),
    (
        "placement_handler",
        "a settings page is `placement = \"/path\"`",
    ),
    (
        "multiple",
        "a property holds a list when its type is `Vec<...>`",
    ),
    (
        "optional",
        "a property need not be set when its type is `Option<...>`",
    ),
    ("rename", "a property's id is `id`, an option's is `key`"),
    ("value", "an option's key is `key`"),
    (
        "skip",
        "every field is a property; keep other data out of the struct",
    ),
    (
        "settings",
        "the platform folds the keys of settings, so they cannot be used",
    ),
];

fn unknown_key(namespace: &str, key: &str, keys: &[&str]) -> String {
    let about_options = matches!(namespace, "option" | "select");
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(name, _)| *name == key && !keys.contains(name) && !about_options);
    if let Some((_, here)) = elsewhere {
        return format!("`#[{namespace}(...)]` knows no `{key}`; {here}");
    }
    let allowed = allowed_instead(key, keys.iter().copied());
    format!("`#[{namespace}(...)]` knows no `{key}`{allowed}")
}

/// Reports the attributes of this crate that have no effect where they stand.
pub(crate) fn misplaced(ctxt: &Ctxt, attributes: &[Attribute], wrong: &[&str], right: &str) {
    for attribute in attributes {
        if let Some(name) = wrong.iter().find(|name| attribute.path().is_ident(name)) {
            let message = format!("`#[{name}(...)]` is not expected here; {right}");
            ctxt.error_at(attribute.path(), message);
        }
    }
}

/// The key as text. A path such as `a::b` keeps its colons, so that it matches no key.
pub(crate) fn key_of(path: &Path) -> String {
    let segments: Vec<_> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    segments.join("::")
}

/// Skips the rest of a key that could not be read.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Reads `content` to its end even after an error, because syn reports what is left over as a
/// second error.
pub(crate) fn whole<T>(
    content: ParseStream<'_>,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let result = read(content);
    if result.is_err() {
        content.parse::<TokenStream>()?;
    }
    result
}

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

/// The place of the key.
pub(crate) fn span_of(meta: &ParseNestedMeta<'_>) -> Span {
    syn::spanned::Spanned::span(&meta.path)
}
