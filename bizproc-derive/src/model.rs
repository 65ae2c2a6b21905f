//! What was read, as plain facts with their places: the robot, its fields, its return values,
//! an enum's options.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Generics, LitInt, LitStr, Path, Type};

use crate::attr::{
    Attr, Default, Doc, Filter, Kind, Label, Labels, OptionAttrs, PropertyAttrs, ReturnValuesAttrs,
    RobotAttrs, SelectAttrs, Wait,
};
use crate::ctxt::Ctxt;
use crate::name::{RenameRule, label, unraw};

pub(crate) struct Robot<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) krate: Option<Path>,
    pub(crate) code: Option<LitStr>,
    /// The attributes could not be read as a whole: the code may be in them.
    pub(crate) faulty: bool,
    pub(crate) kind: Kind,
    pub(crate) name: Label,
    pub(crate) description: Label,
    pub(crate) returns: Option<Type>,
    pub(crate) wait: Option<(Wait, Span)>,
    pub(crate) handler: Option<LitStr>,
    pub(crate) placement: Option<LitStr>,
    pub(crate) auth_user_id: Option<LitInt>,
    pub(crate) document_type: Option<Expr>,
    pub(crate) filter: Option<Filter>,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct ReturnValues<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) krate: Option<Path>,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) id: Id,
    pub(crate) name: Label,
    pub(crate) description: Label,
    pub(crate) type_name: Option<LitStr>,
    pub(crate) text: Option<Span>,
    pub(crate) required: Option<Span>,
    pub(crate) default: Option<Default>,
    pub(crate) deprecated: bool,
}

/// A property's id with the place that decides it.
pub(crate) struct Id {
    pub(crate) text: String,
    pub(crate) span: Span,
}

pub(crate) struct Select<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) krate: Option<Path>,
    pub(crate) options: Vec<SelectOption<'a>>,
}

pub(crate) struct SelectOption<'a> {
    pub(crate) variant: &'a Ident,
    pub(crate) key: Id,
    pub(crate) title: String,
    pub(crate) title_span: Span,
}

impl<'a> Robot<'a> {
    pub(crate) fn of(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = RobotAttrs::of(ctxt, &input.attrs);
        let rename = attrs.rename_all.get().copied();
        let texts = Texts::of(
            ctxt,
            &input.attrs,
            &input.ident,
            attrs.name,
            attrs.description,
        );
        Self {
            ident: &input.ident,
            generics: &input.generics,
            krate: attrs.krate.into_value(),
            code: attrs.code.into_value(),
            faulty: attrs.faulty,
            kind: attrs.kind.into_value().unwrap_or(Kind::Robot),
            name: texts.name,
            description: texts.description,
            returns: attrs.returns.into_value(),
            wait: spanned(attrs.wait),
            handler: attrs.handler.into_value(),
            placement: attrs.placement.into_value(),
            auth_user_id: attrs.auth_user_id.into_value(),
            document_type: attrs.document_type.into_value(),
            filter: attrs.filter.into_value(),
            fields: fields(ctxt, input, "Robot", rename),
        }
    }
}

impl<'a> ReturnValues<'a> {
    pub(crate) fn of(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = ReturnValuesAttrs::of(ctxt, &input.attrs);
        let rename = attrs.rename_all.get().copied();
        Self {
            ident: &input.ident,
            generics: &input.generics,
            krate: attrs.krate.into_value(),
            fields: fields(ctxt, input, "ReturnValues", rename),
        }
    }
}

fn spanned<T>(attr: Attr<T>) -> Option<(T, Span)> {
    let span = attr.span()?;
    attr.into_value().map(|value| (value, span))
}

/// The fields of a struct with named fields; anything else is an error and has none.
fn fields<'a>(
    ctxt: &Ctxt,
    input: &'a DeriveInput,
    derive: &str,
    rename: Option<RenameRule>,
) -> Vec<Field<'a>> {
    let Data::Struct(data) = &input.data else {
        let hint = if derive == "Robot" {
            "an enum of choices derives `Select`"
        } else {
            ""
        };
        let hint = if hint.is_empty() {
            String::new()
        } else {
            format!("; {hint}")
        };
        let message = format!("`{derive}` is derived for a struct with named fields{hint}");
        ctxt.error_at(&input.ident, message);
        return Vec::new();
    };
    match &data.fields {
        Fields::Named(named) => {
            let fields = named.named.iter();
            fields
                .filter_map(|field| Field::of(ctxt, field, rename))
                .collect()
        }
        Fields::Unit => Vec::new(),
        Fields::Unnamed(unnamed) => {
            ctxt.error_at(
                unnamed,
                "properties need names: write `struct Name { field: Type }`, each field is a property",
            );
            Vec::new()
        }
    }
}

impl<'a> Field<'a> {
    fn of(ctxt: &Ctxt, field: &'a syn::Field, rename: Option<RenameRule>) -> Option<Self> {
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
        refuse_container_attributes(ctxt, &field.attrs);
        let attrs = PropertyAttrs::of(ctxt, &field.attrs);
        let texts = Texts::of(ctxt, &field.attrs, ident, attrs.name, attrs.description);
        let plain = unraw(ident);
        let id = attrs.id.into_value().map_or_else(
            || Id {
                text: rename.map_or_else(|| plain.clone(), |rule| rule.apply(&plain)),
                span: ident.span(),
            },
            |literal| Id {
                text: literal.value(),
                span: literal.span(),
            },
        );
        Some(Self {
            ident,
            ty: ungrouped(&field.ty),
            id,
            name: texts.name,
            description: texts.description,
            type_name: attrs.type_name.into_value(),
            text: attrs.text.span(),
            required: attrs.required.span(),
            default: attrs.default.into_value(),
            deprecated: field
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("deprecated")),
        })
    }
}

/// A type that came through `macro_rules!` stands in an invisible group.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        other => other,
    }
}

fn refuse_container_attributes(ctxt: &Ctxt, attributes: &[Attribute]) {
    for attribute in attributes {
        for wrong in ["robot", "return_values", "select", "option"] {
            if attribute.path().is_ident(wrong) {
                ctxt.error_at(
                    attribute.path(),
                    format!(
                        "`#[{wrong}(...)]` is not expected here; a field takes `#[property(...)]`"
                    ),
                );
            }
        }
    }
}

/// The name and the description of a robot or a property.
struct Texts {
    name: Label,
    description: Label,
}

impl Texts {
    fn of(
        ctxt: &Ctxt,
        attributes: &[Attribute],
        ident: &Ident,
        name: Labels,
        description: Labels,
    ) -> Self {
        let doc = Doc::of(attributes);
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

impl<'a> Select<'a> {
    pub(crate) fn of(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = SelectAttrs::of(ctxt, &input.attrs);
        let rename = attrs.rename_all.get().copied();
        let options = if let Data::Enum(data) = &input.data {
            data.variants
                .iter()
                .map(|variant| SelectOption::of(ctxt, variant, rename))
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
    fn of(ctxt: &Ctxt, variant: &'a syn::Variant, rename: Option<RenameRule>) -> Self {
        if !matches!(variant.fields, Fields::Unit) {
            ctxt.error_at(
                &variant.fields,
                "an option is a bare key and can carry no data; write the variant without fields",
            );
        }
        let attrs = OptionAttrs::of(ctxt, &variant.attrs);
        let plain = unraw(&variant.ident);
        let title_span = attrs
            .title
            .get()
            .map_or_else(|| variant.ident.span(), LitStr::span);
        let title = attrs.title.into_value().map(|title| title.value());
        Self {
            variant: &variant.ident,
            key: attrs.key.into_value().map_or_else(
                || Id {
                    text: rename.map_or_else(|| plain.clone(), |rule| rule.apply(&plain)),
                    span: variant.ident.span(),
                },
                |literal| Id {
                    text: literal.value(),
                    span: literal.span(),
                },
            ),
            title: title
                .or_else(|| Doc::of(&variant.attrs).name)
                .unwrap_or_else(|| label(&plain)),
            title_span,
        }
    }
}

impl Field<'_> {
    /// The place of the field's type: what a wrong type is underlined with.
    pub(crate) fn type_span(&self) -> Span {
        self.ty.span()
    }
}
