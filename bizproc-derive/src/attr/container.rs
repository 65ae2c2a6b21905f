//! The attributes of structs and enums that are not robots: how ids are made, where the runtime is.

use syn::{Attribute, LitStr, Path};

use super::key::{Attr, each_key};
use super::tokens::span_of;
use super::value::{crate_path, rename_all, text};
use crate::ctxt::Ctxt;
use crate::name::RenameRule;

/// `#[properties(..)]`, `#[return_values(..)]` and `#[select(..)]`.
pub(crate) struct ContainerAttrs {
    pub(crate) rename_all: Attr<RenameRule>,
    pub(crate) krate: Attr<Path>,
}

impl ContainerAttrs {
    pub(crate) fn from_attributes(ctxt: &Ctxt, attributes: &[Attribute], namespace: &str) -> Self {
        let mut attrs = Self {
            rename_all: Attr::new("rename_all"),
            krate: Attr::new("crate"),
        };
        each_key(
            ctxt,
            attributes,
            namespace,
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

/// `#[property(..)]` on a struct around one value.
pub(crate) struct NewtypeAttrs {
    pub(crate) type_name: Attr<LitStr>,
    pub(crate) krate: Attr<Path>,
}

impl NewtypeAttrs {
    pub(crate) fn from_attributes(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self {
            type_name: Attr::new("type"),
            krate: Attr::new("crate"),
        };
        each_key(
            ctxt,
            attributes,
            "property",
            &["type", "crate"],
            |key, meta| {
                match key {
                    "type" => attrs.type_name.set(ctxt, span_of(meta), text(meta)?),
                    "crate" => crate_path(ctxt, meta, &mut attrs.krate)?,
                    _ => return Ok(false),
                }
                Ok(true)
            },
        );
        attrs
    }
}
