//! `Properties` and `ReturnValues`: a constant for each field, their list, and what reads or
//! writes them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::{bounds, in_scope};
use crate::attr::{Default, DefaultItem, Failure, Label, OptionEntry};
use crate::model::{Field, Group, Property};

pub(crate) fn properties(group: &Group<'_>) -> TokenStream {
    in_scope(group.krate.as_ref(), &properties_impl(group))
}

/// `Properties`, in a scope that another impl may share.
pub(super) fn properties_impl(group: &Group<'_>) -> TokenStream {
    let Group {
        ident,
        generics,
        fields,
        ..
    } = group;
    let side = Side::Inputs;
    let where_clause = bounds(generics, side.bounds(group));
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let constants = side.constants(group);
    let (list, allow) = (side.list(group), allow_deprecated(fields));
    let members = fields.iter().map(|field| field.ident);
    let locals = locals(fields);
    let reads = fields.iter().zip(side.names(fields)).map(|(field, name)| {
        if field.property.is_some() {
            quote!(decoder.field(&Self::#name))
        } else {
            quote!(Self::#name.decode(decoder))
        }
    });
    // Every field is read before the first that could not be ends it.
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
    let side = Side::Outputs;
    let where_clause = bounds(generics, side.bounds(group));
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let constants = side.constants(group);
    let (list, allow) = (side.list(group), allow_deprecated(fields));
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

/// What the outputs hold when the robot failed; nothing, when no field says so and no group can.
fn encode_failure(side: Side, fields: &[Field<'_>]) -> Option<TokenStream> {
    let named = fields.iter().zip(side.names(fields));
    let writes = named.filter_map(|(field, name)| match &field.property {
        Some(property) if property.failure.is_none() => None,
        Some(_) => Some(quote!(encoder.field(&Self::#name);)),
        None => Some(quote!(Self::#name.encode_failure(encoder);)),
    });
    let writes = writes.collect::<Vec<_>>();
    (!writes.is_empty()).then(|| {
        quote! {
            fn encode_failure(encoder: &mut __rt::FailureEncoder<'_>) {
                #(#writes)*
            }
        }
    })
}

/// What the types of a robot's fields must be.
pub(super) fn input_bounds<'a>(
    group: &'a Group<'_>,
) -> impl Iterator<Item = (&'a Type, TokenStream)> {
    Side::Inputs.bounds(group)
}

/// Which trait the constants are for. A struct may have both.
#[derive(Clone, Copy)]
enum Side {
    Inputs,
    Outputs,
}

impl Side {
    fn name(self, index: usize) -> Ident {
        match self {
            Self::Inputs => format_ident!("__BIZPROC_IN_{index}"),
            Self::Outputs => format_ident!("__BIZPROC_OUT_{index}"),
        }
    }

    fn names(self, fields: &[Field<'_>]) -> Vec<Ident> {
        (0..fields.len()).map(|index| self.name(index)).collect()
    }

    fn group_type(self, span: Span) -> TokenStream {
        match self {
            Self::Inputs => quote_spanned!(span=> __rt::PropertyGroup),
            Self::Outputs => quote_spanned!(span=> __rt::ReturnGroup),
        }
    }

    /// What each field's type must be.
    fn bounds<'a>(self, group: &'a Group<'_>) -> impl Iterator<Item = (&'a Type, TokenStream)> {
        group.fields.iter().map(move |field| {
            let bound = match (&field.property, self) {
                (Some(property), _) if property.holds_error() => {
                    quote!(__rt::Property + __rt::FromErrorText)
                }
                (Some(_), _) => quote!(__rt::Property),
                (None, Self::Inputs) => quote!(__rt::Properties),
                (None, Self::Outputs) => quote!(__rt::ReturnValues),
            };
            (field.ty, bound)
        })
    }

    /// The constants, in an impl of the struct's own. All of one constant stands at the place of
    /// the field's type: an unsupported type is one error, there.
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
            let (name, ty, span) = (self.name(index), field.ty, field.type_span());
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

    /// The list of the fields; a flattened group is a part of its own.
    fn list(self, group: &Group<'_>) -> TokenStream {
        let own = |names: &[Ident]| quote!(__rt::PropertyList::new(&[#(Self::#names.spec),*]));
        let names = self.names(&group.fields);
        if group.fields.iter().all(|field| field.property.is_some()) {
            return own(&names);
        }
        let fields = group.fields.iter().zip(names).collect::<Vec<_>>();
        let runs = fields.chunk_by(|(a, _), (b, _)| a.property.is_some() && b.property.is_some());
        let parts = runs.map(|run| {
            let names = run.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
            match run {
                [(field, name)] if field.property.is_none() => quote!(Self::#name.list),
                _ => own(&names),
            }
        });
        quote!(__rt::PropertyList::concat(&[#(#parts),*]))
    }
}

fn property_value(property: &Property, ty: &Type, span: Span) -> TokenStream {
    let id = Literal::string(&property.id.text);
    let name = label("name", &property.name);
    let description = label("description", &property.description);
    let type_name = property
        .type_name
        .as_ref()
        .map(|name| quote!(.type_name(#name)));
    let text = property.text.map(|_| quote!(.type_name("text")));
    let options = property.options.as_deref().map(options);
    let required = property.required.map(|_| quote!(.required()));
    let default = property
        .default
        .as_ref()
        .map(|value| default_value(value, span));
    let failure = property.failure.as_ref();
    let failure = failure.map(|(failure, span)| failure_value(failure, *span, ty));
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

fn options(options: &[OptionEntry]) -> TokenStream {
    let options = options.iter().map(|OptionEntry { key, title }| {
        let (key, title) = (&key.text, title.value());
        quote!(__rt::SelectOption::new(#key, #title))
    });
    quote!(.options(&[#(#options),*]))
}

/// The default stands at its own place: a wrong one is underlined there. `place` is that of the
/// property, for a list without values.
fn default_value(default: &Default, place: Span) -> TokenStream {
    match default {
        Default::One(one) => {
            let (span, one) = (one.span(), literal(one));
            quote_spanned!(span=> .default(#one))
        }
        Default::List(items) => {
            let span = items.first().map_or(place, DefaultItem::span);
            let items = items.iter().map(literal);
            quote_spanned!(span=> .default_list(&[#(#items),*]))
        }
    }
}

/// A value in the platform's form; an expression is a variant of the field's enum.
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

/// As [`default_value`], but expressions may be any value of the field's type, and the compiler
/// compares the types.
fn failure_value(failure: &Failure, place: Span, ty: &Type) -> TokenStream {
    let value = |span: Span, value: TokenStream| {
        quote_spanned! {span=>
            .failure_value(|| __rt::IntoFailureValue::failure_value(#value))
        }
    };
    match failure {
        // An unsupported type is underlined in the field.
        Failure::Message => quote_spanned! {place=>
            .failure_text(<#ty as __rt::FromErrorText>::from_error_text)
        },
        Failure::Value(Default::One(DefaultItem::Expr(expr))) => {
            value(expr.span(), expr.to_token_stream())
        }
        Failure::Value(Default::One(one)) => {
            let (span, one) = (one.span(), literal(one));
            quote_spanned!(span=> .failure_literal(#one))
        }
        Failure::Value(Default::List(items)) => {
            let span = items.first().map_or(place, DefaultItem::span);
            let exprs = items.iter().filter_map(|item| match item {
                DefaultItem::Expr(expr) => Some(expr),
                DefaultItem::Text(..) => None,
            });
            let exprs = exprs.collect::<Vec<_>>();
            if !exprs.is_empty() && exprs.len() == items.len() {
                return value(span, quote!([#(#exprs),*]));
            }
            let items = items.iter().map(literal);
            quote_spanned!(span=> .failure_list(&[#(#items),*]))
        }
    }
}

/// Locals never have users' names, which could shadow the macro's own.
fn locals(fields: &[Field<'_>]) -> Vec<Ident> {
    let local = |index| format_ident!("__field{index}", span = Span::mixed_site());
    (0..fields.len()).map(local).collect()
}

fn allow_deprecated(fields: &[Field<'_>]) -> Option<TokenStream> {
    let deprecated = fields.iter().any(|field| field.deprecated);
    deprecated.then(|| quote!(#[allow(deprecated)]))
}
