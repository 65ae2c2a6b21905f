//! The implementations of `Properties` and `ReturnValues`: a constant for each field, the list of
//! the fields, and the code that decodes or encodes them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::scope::{bounds, in_scope};
use crate::attr::{Default, DefaultItem, Failure, Label, OptionEntry};
use crate::model::{Field, Group, Property};

pub(crate) fn properties(group: &Group<'_>) -> TokenStream {
    in_scope(group.krate.as_ref(), &properties_impl(group))
}

/// Implements `Properties`; the caller puts the code into a scope.
pub(super) fn properties_impl(group: &Group<'_>) -> TokenStream {
    let Group {
        ident,
        generics,
        fields,
        ..
    } = group;
    let side = Side::Properties;
    let where_clause = bounds(generics, side.bounds(group));
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let constants = side.constants(group);
    let list = side.list(group);
    let allow = allow_deprecated(fields);
    let members = fields.iter().map(|field| field.ident);
    let locals = local_names(fields);
    let reads = fields.iter().zip(side.names(fields)).map(|(field, name)| {
        if field.property.is_some() {
            quote!(decoder.field(&Self::#name))
        } else {
            quote!(Self::#name.decode(decoder))
        }
    });
    // All fields are decoded before `?` ends the function, so that all faults are reported.
    quote! {
        #constants
        #[automatically_derived]
        #allow
        impl #impl_generics __rt::Properties for #ident #type_generics #where_clause {
            const PROPERTIES: __rt::PropertyList = #list;
            fn decode(decoder: &mut __rt::Decoder<'_>) -> ::core::option::Option<Self> {
                #(let #locals = #reads;)*
                ::core::option::Option::Some(Self { #(#members: #locals?),* })
            }
        }
    }
}

pub(crate) fn return_values(group: &Group<'_>) -> TokenStream {
    let Group {
        ident,
        generics,
        fields,
        ..
    } = group;
    let side = Side::ReturnValues;
    let where_clause = bounds(generics, side.bounds(group));
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let constants = side.constants(group);
    let list = side.list(group);
    let allow = allow_deprecated(fields);
    let failure = encode_failure(side, fields);
    let writes = fields.iter().zip(side.names(fields)).map(|(field, name)| {
        let member = field.ident;
        if field.property.is_some() {
            quote!(encoder.field(&Self::#name, &self.#member);)
        } else {
            quote!(Self::#name.encode(&self.#member, encoder);)
        }
    });
    in_scope(
        group.krate.as_ref(),
        &quote! {
            #constants
            #[automatically_derived]
            #allow
            impl #impl_generics __rt::ReturnValues for #ident #type_generics #where_clause {
                const PROPERTIES: __rt::PropertyList = #list;
                fn encode(&self, encoder: &mut __rt::Encoder<'_>) {
                    #(#writes)*
                }
                #failure
            }
        },
    )
}

/// The method that encodes the values after a failure; `None` if no field has such a value and no
/// field is a group, which could have one.
fn encode_failure(side: Side, fields: &[Field<'_>]) -> Option<TokenStream> {
    let writes: Vec<_> = fields
        .iter()
        .zip(side.names(fields))
        .filter_map(|(field, name)| match &field.property {
            Some(property) if property.failure.is_none() => None,
            Some(_) => Some(quote!(encoder.field(&Self::#name);)),
            None => Some(quote!(Self::#name.encode_failure(encoder);)),
        })
        .collect();
    (!writes.is_empty()).then(|| {
        quote! {
            fn encode_failure(encoder: &mut __rt::FailureEncoder<'_>) {
                #(#writes)*
            }
        }
    })
}

/// The trait bounds for the types of a robot's fields.
pub(super) fn property_bounds<'a>(
    group: &'a Group<'_>,
) -> impl Iterator<Item = (&'a Type, TokenStream)> {
    Side::Properties.bounds(group)
}

/// The trait that the constants belong to. A struct may implement both.
#[derive(Clone, Copy)]
enum Side {
    Properties,
    ReturnValues,
}

impl Side {
    fn name(self, index: usize) -> Ident {
        match self {
            Self::Properties => format_ident!("__BIZPROC_IN_{index}"),
            Self::ReturnValues => format_ident!("__BIZPROC_OUT_{index}"),
        }
    }

    fn names(self, fields: &[Field<'_>]) -> Vec<Ident> {
        (0..fields.len()).map(|index| self.name(index)).collect()
    }

    fn group_type(self, span: Span) -> TokenStream {
        match self {
            Self::Properties => quote_spanned!(span=> __rt::PropertyGroup),
            Self::ReturnValues => quote_spanned!(span=> __rt::ReturnGroup),
        }
    }

    /// The trait bound for the type of each field.
    fn bounds<'a>(self, group: &'a Group<'_>) -> impl Iterator<Item = (&'a Type, TokenStream)> {
        group.fields.iter().map(move |field| {
            let bound = match (&field.property, self) {
                (Some(property), _) if property.holds_error() => {
                    quote!(__rt::Property + __rt::FromErrorText)
                }
                (Some(_), _) => quote!(__rt::Property),
                (None, Self::Properties) => quote!(__rt::Properties),
                (None, Self::ReturnValues) => quote!(__rt::ReturnValues),
            };
            (field.ty, bound)
        })
    }

    /// The constants, in an inherent impl of the struct. The tokens of a constant stand at the place
    /// of the field's type, so that an unsupported type is one error, at that place.
    fn constants(self, group: &Group<'_>) -> Option<TokenStream> {
        let Group {
            ident,
            generics,
            fields,
            ..
        } = group;
        let where_clause = bounds(generics, self.bounds(group));
        let (impl_generics, type_generics, _) = generics.split_for_impl();
        let constants = fields.iter().enumerate().map(|(index, field)| {
            let name = self.name(index);
            let ty = field.ty;
            let span = field.type_span();
            if let Some(property) = &field.property {
                let value = property_value(property, ty, span);
                return quote_spanned!(span=> const #name: __rt::Field<#ty> = #value;);
            }
            let kind = self.group_type(span);
            quote_spanned!(span=> const #name: #kind<#ty> = #kind::flattened();)
        });
        (!fields.is_empty()).then(|| {
            quote! {
                #[automatically_derived]
                #[doc(hidden)]
                impl #impl_generics #ident #type_generics #where_clause {
                    #(#constants)*
                }
            }
        })
    }

    /// The list of the fields; the list of a flattened group is one of its parts.
    fn list(self, group: &Group<'_>) -> TokenStream {
        let own = |names: &[Ident]| quote!(__rt::PropertyList::new(&[#(Self::#names.spec),*]));
        let names = self.names(&group.fields);
        if group.fields.iter().all(|field| field.property.is_some()) {
            return own(&names);
        }
        let fields: Vec<_> = group.fields.iter().zip(names).collect();
        let parts = fields
            .chunk_by(|(a, _), (b, _)| a.property.is_some() && b.property.is_some())
            .map(|run| match run {
                [(field, name)] if field.property.is_none() => quote!(Self::#name.list),
                _ => {
                    let names: Vec<_> = run.iter().map(|(_, name)| name.clone()).collect();
                    own(&names)
                }
            });
        quote!(__rt::PropertyList::concat(&[#(#parts),*]))
    }
}

/// The constant of a property.
fn property_value(property: &Property, ty: &Type, span: Span) -> TokenStream {
    let id = Literal::string(&property.id.text);
    let name = label("name", &property.name);
    let description = label("description", &property.description);
    let type_name = property
        .type_name
        .as_ref()
        .map(|name| quote!(.type_name(#name)));
    let text = property.text.map(|_| quote!(.type_name("text")));
    let options = property.options.as_deref().map(options_call);
    let required = property.required.map(|_| quote!(.required()));
    let default = property
        .default
        .as_ref()
        .map(|value| default_call(value, span));
    let failure = property
        .failure
        .as_ref()
        .map(|(failure, span)| failure_call(failure, *span, ty));
    quote_spanned! {span=>
        __rt::Field::new(#id)
            #name #description #type_name #text #options #required #default #failure
            .checked()
    }
}

/// `.name(&[("en", "…"), …])`, if there is any text.
pub(super) fn label(method: &str, label: &Label) -> Option<TokenStream> {
    let method = Ident::new(method, Span::call_site());
    let texts = label
        .0
        .iter()
        .map(|(language, text)| quote!((#language, #text)));
    (!label.0.is_empty()).then(|| quote!(.#method(&[#(#texts),*])))
}

/// `.options(&[…])`
fn options_call(entries: &[OptionEntry]) -> TokenStream {
    let options = entries.iter().map(|entry| {
        let key = &entry.key.text;
        let title = entry.title.value();
        quote!(__rt::SelectOption::new(#key, #title))
    });
    quote!(.options(&[#(#options),*]))
}

/// `.default(…)` or `.default_list(…)`, at the place of the value, where the compiler reports a wrong
/// one. A list without values has the place of the property, `place`.
fn default_call(default: &Default, place: Span) -> TokenStream {
    match default {
        Default::One(item) => {
            let value = literal(item);
            quote_spanned!(item.span()=> .default(#value))
        }
        Default::List(items) => {
            let span = items.first().map_or(place, DefaultItem::span);
            let values = items.iter().map(literal);
            quote_spanned!(span=> .default_list(&[#(#values),*]))
        }
    }
}

/// The value in the platform's form; an expression is a variant of the field's enum.
fn literal(item: &DefaultItem) -> TokenStream {
    match item {
        DefaultItem::Text(text, span) => {
            let mut literal = Literal::string(text);
            literal.set_span(*span);
            literal.into_token_stream()
        }
        DefaultItem::Expr(expr) => quote_spanned!(expr.span()=> (#expr).key()),
    }
}

/// The counterpart of [`default_call`] for `failure`. Expressions may be any value of the field's
/// type, and the compiler compares the types.
fn failure_call(failure: &Failure, place: Span, ty: &Type) -> TokenStream {
    let expression = |span: Span, value: TokenStream| {
        quote_spanned! {span=>
            .failure_value(|| __rt::IntoFailureValue::into_failure_value(#value))
        }
    };
    match failure {
        // Qualified, so that the compiler reports an unsupported type at the field.
        Failure::Message => quote_spanned! {place=>
            .failure_text(<#ty as __rt::FromErrorText>::from_error_text)
        },
        Failure::Value(Default::One(DefaultItem::Expr(expr))) => {
            expression(expr.span(), expr.to_token_stream())
        }
        Failure::Value(Default::One(item)) => {
            let value = literal(item);
            quote_spanned!(item.span()=> .failure_literal(#value))
        }
        Failure::Value(Default::List(items)) => {
            let span = items.first().map_or(place, DefaultItem::span);
            let exprs: Vec<_> = items
                .iter()
                .filter_map(|item| match item {
                    DefaultItem::Expr(expr) => Some(expr),
                    DefaultItem::Text(..) => None,
                })
                .collect();
            if !exprs.is_empty() && exprs.len() == items.len() {
                return expression(span, quote!([#(#exprs),*]));
            }
            let values = items.iter().map(literal);
            quote_spanned!(span=> .failure_list(&[#(#values),*]))
        }
    }
}

/// Names for the locals of a function, one a field. They are not the fields' own names, which could
/// shadow the names that the macro uses.
fn local_names(fields: &[Field<'_>]) -> Vec<Ident> {
    let local = |index| format_ident!("__field{index}", span = Span::mixed_site());
    (0..fields.len()).map(local).collect()
}

fn allow_deprecated(fields: &[Field<'_>]) -> Option<TokenStream> {
    let deprecated = fields.iter().any(|field| field.deprecated);
    deprecated.then(|| quote!(#[allow(deprecated)]))
}
