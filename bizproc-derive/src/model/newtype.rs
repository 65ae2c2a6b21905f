//! A struct around one value, which is a property of the same type as its value.

use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, Generics, LitStr, Path, Type};

use super::field::ungrouped;
use crate::attr::{NewtypeAttrs, misplaced};
use crate::ctxt::Ctxt;

/// A struct that derives `Property`.
pub(crate) struct Newtype<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) krate: Option<Path>,
    pub(crate) type_name: Option<LitStr>,
    /// The field and the type of the value; `None` only after an error.
    pub(crate) inner: Option<(Member<'a>, &'a Type)>,
}

/// How the value is accessed: `struct Name(Type)` or `struct Name { field: Type }`.
pub(crate) enum Member<'a> {
    First,
    Named(&'a Ident),
}

impl<'a> Newtype<'a> {
    pub(crate) fn from_input(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = NewtypeAttrs::from_attributes(ctxt, &input.attrs);
        let inner = single_field(&input.data);
        if let Data::Struct(data) = &input.data {
            let right = "the struct takes `#[property(type = \"...\")]`";
            for field in &data.fields {
                misplaced(ctxt, &field.attrs, &["property"], right);
            }
        }
        if inner.is_none() {
            ctxt.error_at(
                &input.ident,
                "`Property` is derived for a struct around one value, `struct Name(Type);`; an \
                 enum of choices derives `Select`, and anything else implements the trait by hand",
            );
        }
        Self {
            ident: &input.ident,
            generics: &input.generics,
            krate: attrs.krate.into_value(),
            type_name: attrs.type_name.into_value(),
            inner,
        }
    }
}

fn single_field(data: &Data) -> Option<(Member<'_>, &Type)> {
    let Data::Struct(data) = data else {
        return None;
    };
    let (fields, named) = match &data.fields {
        Fields::Named(fields) => (&fields.named, true),
        Fields::Unnamed(fields) => (&fields.unnamed, false),
        Fields::Unit => return None,
    };
    let field = fields.first().filter(|_| fields.len() == 1)?;
    let member = field
        .ident
        .as_ref()
        .filter(|_| named)
        .map_or(Member::First, Member::Named);
    Some((member, ungrouped(&field.ty)))
}
