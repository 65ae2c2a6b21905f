//! The name and the description of a robot or a property.

use proc_macro2::Ident;
use syn::Attribute;

use crate::attr::{Doc, Label, Labels};
use crate::ctxt::Ctxt;
use crate::name::{label, unraw};

/// The texts that attributes and the doc comment give together.
pub(super) struct Texts {
    pub(super) name: Label,
    pub(super) description: Label,
}

impl Texts {
    pub(super) fn new(
        ctxt: &Ctxt,
        attributes: &[Attribute],
        ident: &Ident,
        name: Labels,
        description: Labels,
    ) -> Self {
        let doc = Doc::from_attributes(attributes);
        let lacks = [
            ("name", name.lacks_english().filter(|_| doc.name.is_none())),
            (
                "description",
                description
                    .lacks_english()
                    .filter(|_| doc.description.is_none()),
            ),
        ];
        for (key, span) in lacks {
            if let Some(span) = span {
                ctxt.error(
                    span,
                    format!(
                        "`{key}` has no English text, and portals in a language that is not given \
                         would show a blank label; add `en = \"...\"` or a doc comment"
                    ),
                );
            }
        }
        let fallback = doc.name.unwrap_or_else(|| label(&unraw(ident)));
        Self {
            name: name.into_label(Some(fallback)),
            description: description.into_label(doc.description),
        }
    }
}
