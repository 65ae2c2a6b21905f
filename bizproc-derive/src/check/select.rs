//! The rules for options.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::GenericParam;

use crate::ctxt::Ctxt;
use crate::model::Select;
use crate::name::Id;

/// Checks an enum of options.
pub(crate) fn select(ctxt: &Ctxt, select: &Select<'_>) {
    refuse_generics(ctxt, select);
    if select.options.is_empty() && matches!(select.input.data, syn::Data::Enum(_)) {
        ctxt.error_at(
            &select.input.ident,
            "a `select` property needs at least one option; add a variant",
        );
    }
    let keys = select.options.iter().map(|option| &option.key);
    let titles = select
        .options
        .iter()
        .map(|option| (option.title.clone(), option.title_span));
    check_options(ctxt, keys, titles);
}

/// Keys must be unique and must survive the portal; people must be able to read titles and to tell
/// them apart.
pub(super) fn check_options<'a>(
    ctxt: &Ctxt,
    keys: impl Iterator<Item = &'a Id>,
    titles: impl Iterator<Item = (String, Span)>,
) {
    let mut seen_keys = HashSet::new();
    for key in keys {
        check_key(ctxt, key);
        if !seen_keys.insert(&key.text) {
            let message = format!(
                "two options have the key `{}`; each needs its own",
                key.text
            );
            ctxt.error(key.span, message);
        }
    }
    let mut seen_titles = HashSet::new();
    for (title, span) in titles {
        if title.trim().is_empty() {
            ctxt.error(
                span,
                "the option's title is empty: people would see a blank line",
            );
        } else if !seen_titles.insert(title.clone()) {
            let message =
                format!("two options have the title `{title}`; people could not tell them apart");
            ctxt.error(span, message);
        }
    }
}

fn check_key(ctxt: &Ctxt, key: &Id) {
    let text = &key.text;
    let fault = if text.is_empty() {
        "an option with an empty key cannot be distinguished from \"not set\"; give it a key, or \
         make the property `Option<...>`"
            .to_owned()
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!(
            "the key `{text}` has only digits, and the portal turns such keys into list indexes; \
             write `n{text}` or another word with a letter in it"
        )
    } else if text.trim() != text {
        format!("the key `{text}` begins or ends with a space; remove it")
    } else {
        return;
    };
    ctxt.error(key.span, fault);
}

fn refuse_generics(ctxt: &Ctxt, select: &Select<'_>) {
    for param in &select.input.generics.params {
        let GenericParam::Lifetime(_) = param else {
            ctxt.error_at(
                param,
                "an enum of options has a fixed set of keys and cannot be generic; remove the \
                 parameter",
            );
            continue;
        };
        ctxt.error_at(
            param,
            "an enum of options borrows nothing; remove the lifetime",
        );
    }
}
