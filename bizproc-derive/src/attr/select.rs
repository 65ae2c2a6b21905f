//! `#[option(..)]` on a variant of an enum of options.

use syn::{Attribute, LitStr};

use super::key::{Attr, each_key};
use super::tokens::span_of;
use super::value::text;
use crate::ctxt::Ctxt;

/// The keys of `#[option(..)]`.
pub(crate) struct OptionAttrs {
    pub(crate) key: Attr<LitStr>,
    pub(crate) title: Attr<LitStr>,
}

impl OptionAttrs {
    pub(crate) fn from_attributes(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self {
            key: Attr::new("key"),
            title: Attr::new("title"),
        };
        each_key(
            ctxt,
            attributes,
            "option",
            &["key", "title"],
            |key, meta| {
                let attr = match key {
                    "key" => &mut attrs.key,
                    "title" => &mut attrs.title,
                    _ => return Ok(false),
                };
                attr.set(ctxt, span_of(meta), text(meta)?);
                Ok(true)
            },
        );
        attrs
    }
}
