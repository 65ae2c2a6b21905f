//! An enum whose variants are the options of a `select` property.

use proc_macro2::{Ident, Span};
use syn::{Data, DeriveInput, Fields, LitStr, Path};

use crate::attr::{ContainerAttrs, Doc, OptionAttrs, misplaced};
use crate::ctxt::Ctxt;
use crate::name::{Id, RenameRule, label, unraw};

/// An enum that derives `Select`.
pub(crate) struct Select<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) krate: Option<Path>,
    pub(crate) options: Vec<SelectOption<'a>>,
}

/// One variant.
pub(crate) struct SelectOption<'a> {
    pub(crate) variant: &'a Ident,
    pub(crate) key: Id,
    pub(crate) title: String,
    pub(crate) title_span: Span,
}

impl<'a> Select<'a> {
    pub(crate) fn from_input(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = ContainerAttrs::from_attributes(ctxt, &input.attrs, "select");
        misplaced(
            ctxt,
            &input.attrs,
            &["option"],
            "an enum takes `#[select(...)]`",
        );
        let rename = attrs.rename_all.get().copied();
        let options = if let Data::Enum(data) = &input.data {
            data.variants
                .iter()
                .map(|variant| SelectOption::new(ctxt, variant, rename))
                .collect()
        } else {
            let message = "`Select` is derived for an enum: each variant is one option";
            ctxt.error_at(&input.ident, message);
            Vec::new()
        };
        Self {
            input,
            krate: attrs.krate.into_value(),
            options,
        }
    }
}

impl<'a> SelectOption<'a> {
    fn new(ctxt: &Ctxt, variant: &'a syn::Variant, rename: Option<RenameRule>) -> Self {
        if !matches!(variant.fields, Fields::Unit) {
            ctxt.error_at(
                &variant.fields,
                "an option is a bare key and can carry no data; write the variant without fields",
            );
        }
        let attrs = OptionAttrs::from_attributes(ctxt, &variant.attrs);
        misplaced(
            ctxt,
            &variant.attrs,
            &["select"],
            "a variant takes `#[option(...)]`",
        );
        let ident = &variant.ident;
        let title_span = attrs.title.get().map_or_else(|| ident.span(), LitStr::span);
        let title = attrs
            .title
            .into_value()
            .map(|literal| literal.value())
            .or_else(|| Doc::from_attributes(&variant.attrs).name);
        Self {
            variant: ident,
            key: Id::new(attrs.key.into_value(), ident, rename),
            title: title.unwrap_or_else(|| label(&unraw(ident))),
            title_span,
        }
    }
}
