//! The keys of an attribute: each once, none unknown, none where it has no effect.

use proc_macro2::Span;
use syn::Attribute;
use syn::meta::ParseNestedMeta;

use super::tokens::{key_of, skip_to_comma};
use crate::ctxt::Ctxt;
use crate::name::allowed_instead;

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

    /// The value with the place of its key.
    pub(crate) fn into_spanned(self) -> Option<(T, Span)> {
        self.value.map(|(span, value)| (value, span))
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
