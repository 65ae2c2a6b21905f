//! The fields of a struct: properties, and flattened groups of properties.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, LitStr, Type};

use super::texts::Texts;
use crate::attr::{Default, Failure, Label, OptionEntry, PropertyAttrs, misplaced};
use crate::ctxt::Ctxt;
use crate::name::{Id, RenameRule};

/// A field of a struct.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) deprecated: bool,
    /// `None` for a flattened group.
    pub(crate) property: Option<Property>,
}

/// What the attributes and the doc comment of a field say of its property.
pub(crate) struct Property {
    pub(crate) id: Id,
    pub(crate) name: Label,
    pub(crate) description: Label,
    pub(crate) type_name: Option<LitStr>,
    pub(crate) text: Option<Span>,
    pub(crate) required: Option<Span>,
    pub(crate) options: Option<Vec<OptionEntry>>,
    pub(crate) default: Option<Default>,
    /// The value after a failure, with the place of the key.
    pub(crate) failure: Option<(Failure, Span)>,
}

/// The fields of a struct with named fields. Any other item is reported and has no fields.
pub(super) fn named_fields<'a>(
    ctxt: &Ctxt,
    input: &'a DeriveInput,
    derive: &str,
    rename: Option<RenameRule>,
) -> Vec<Field<'a>> {
    let Data::Struct(data) = &input.data else {
        let hint = match &input.data {
            Data::Enum(_) => "; an enum of choices derives `Select`",
            _ => "",
        };
        let message = format!("`{derive}` is derived for a struct with named fields{hint}");
        ctxt.error_at(&input.ident, message);
        return Vec::new();
    };
    match &data.fields {
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter_map(|field| Field::new(ctxt, field, rename))
            .collect(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(unnamed) => {
            ctxt.error_at(
                unnamed,
                "properties need names: write `struct Name { field: Type }`, each field is a \
                 property; a struct around one value derives `Property`",
            );
            Vec::new()
        }
    }
}

impl<'a> Field<'a> {
    fn new(ctxt: &Ctxt, field: &'a syn::Field, rename: Option<RenameRule>) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        if let Err(error) = field.modifiers.require_empty() {
            ctxt.push(error);
        }
        if let Some((_, value)) = &field.default {
            ctxt.error_at(
                value,
                "a property's default is written `#[property(default = ...)]`",
            );
        }
        let wrong = ["robot", "properties", "return_values", "select", "option"];
        misplaced(
            ctxt,
            &field.attrs,
            &wrong,
            "a field takes `#[property(...)]`",
        );
        let attrs = PropertyAttrs::from_attributes(ctxt, &field.attrs);
        let property = match attrs.flatten.span() {
            Some(span) => {
                if let Some(key) = attrs.beside_flatten() {
                    ctxt.error(
                        span,
                        format!(
                            "`flatten` puts the properties of another struct here, so `{key}` has \
                             nothing to be about; remove one of the two"
                        ),
                    );
                }
                None
            }
            None => Some(Property::new(ctxt, field, ident, attrs, rename)),
        };
        Some(Self {
            ident,
            ty: ungrouped(&field.ty),
            deprecated: field
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("deprecated")),
            property,
        })
    }

    /// The place of the field's type, where the compiler reports a wrong type.
    pub(crate) fn type_span(&self) -> Span {
        self.ty.span()
    }
}

impl Property {
    fn new(
        ctxt: &Ctxt,
        field: &syn::Field,
        ident: &Ident,
        attrs: PropertyAttrs,
        rename: Option<RenameRule>,
    ) -> Self {
        let texts = Texts::new(ctxt, &field.attrs, ident, attrs.name, attrs.description);
        Self {
            id: Id::new(attrs.id.into_value(), ident, rename),
            name: texts.name,
            description: texts.description,
            type_name: attrs.type_name.into_value(),
            text: attrs.text.span(),
            required: attrs.required.span(),
            options: attrs.options.into_value(),
            default: attrs.default.into_value(),
            failure: attrs.failure.into_spanned(),
        }
    }

    /// Whether this return value gets the text of the error after the robot failed.
    pub(crate) fn holds_error(&self) -> bool {
        matches!(self.failure, Some((Failure::Message, _)))
    }
}

/// The type without the invisible group that `macro_rules!` puts around it.
pub(super) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        other => other,
    }
}
