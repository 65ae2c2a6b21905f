//! `#[select(..)]` on an enum and `#[option(..)]` on its variants.

use syn::{Attribute, LitStr, Path};

use super::{Attr, crate_path, each_key, rename_all, span_of, text};
use crate::ctxt::Ctxt;
use crate::name::RenameRule;

pub(crate) struct SelectAttrs {
    pub(crate) rename_all: Attr<RenameRule>,
    pub(crate) krate: Attr<Path>,
}

impl SelectAttrs {
    pub(crate) fn of(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self {
            rename_all: Attr::new("rename_all"),
            krate: Attr::new("crate"),
        };
        each_key(
            ctxt,
            attributes,
            "select",
            &["rename_all", "crate"],
            |key, meta| {
                match key {
                    "rename_all" => rename_all(ctxt, meta, &mut attrs.rename_all)?,
                    "crate" => crate_path(ctxt, meta, &mut attrs.krate)?,
                    _ => return Ok(false),
                }
                Ok(true)
            },
        );
        attrs
    }
}

pub(crate) struct OptionAttrs {
    pub(crate) key: Attr<LitStr>,
    pub(crate) title: Attr<LitStr>,
}

impl OptionAttrs {
    pub(crate) fn of(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
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
