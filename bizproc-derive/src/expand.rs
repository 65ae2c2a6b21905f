//! From a checked model to code. Everything a field needs is one constant; what is done with it
//! is code of the runtime, written once.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Path, WhereClause, parse_quote};

use crate::attr::{Default, DefaultItem, Filter, Kind, Label, Rule, Wait};
use crate::model::{Field, ReturnValues, Robot, Select};

pub(crate) fn robot(robot: &Robot<'_>) -> TokenStream {
    let Robot {
        ident,
        generics,
        fields,
        ..
    } = robot;
    let where_clause = property_bounds(generics, fields);
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let constants = constants("IN", fields);
    let names = names("IN", fields);
    let locals = locals(fields);
    let members = fields.iter().map(|field| field.ident);
    let returns = robot
        .returns
        .as_ref()
        .map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let definition = definition(robot, &names);
    let allow = allow_deprecated(fields);
    let place = robot
        .returns
        .as_ref()
        .map_or_else(|| ident.span(), Spanned::span);
    let evaluate = generics.params.is_empty().then(|| {
        quote_spanned! {place=>
            const _: __rt::Definition = <#ident as __rt::Robot>::DEFINITION.checked();
        }
    });
    in_scope(
        robot.krate.as_ref(),
        &quote! {
            #[automatically_derived]
            #[doc(hidden)]
            impl #impl_generics #ident #type_generics #where_clause {
                #(#constants)*
            }
            #[automatically_derived]
            #allow
            impl #impl_generics __rt::Robot for #ident #type_generics #where_clause {
                type Returns = #returns;
                const DECLARATION: __rt::Definition = #definition;
                fn decode(
                    properties: &__rt::Properties<'_>,
                ) -> ::core::result::Result<Self, __rt::DecodeError> {
                    let mut decoder = __rt::Decoder::new(properties);
                    let (#(::core::option::Option::Some(#locals),)*) =
                        (#(decoder.field(&Self::#names),)*)
                    else {
                        return ::core::result::Result::Err(decoder.into_error());
                    };
                    ::core::result::Result::Ok(Self { #(#members: #locals),* })
                }
            }
            #evaluate
        },
    )
}

pub(crate) fn return_values(values: &ReturnValues<'_>) -> TokenStream {
    let ReturnValues {
        ident,
        generics,
        fields,
        ..
    } = values;
    let where_clause = property_bounds(generics, fields);
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let constants = constants("OUT", fields);
    let names = names("OUT", fields);
    let members = fields.iter().map(|field| field.ident);
    let allow = allow_deprecated(fields);
    in_scope(
        values.krate.as_ref(),
        &quote! {
            #[automatically_derived]
            #[doc(hidden)]
            impl #impl_generics #ident #type_generics #where_clause {
                #(#constants)*
            }
            #[automatically_derived]
            #allow
            impl #impl_generics __rt::ReturnValues for #ident #type_generics #where_clause {
                const PROPERTIES: &'static [__rt::PropertySpec] = &[#(Self::#names.spec),*];
                fn encode(&self, encoder: &mut __rt::Encoder<'_>) {
                    #(encoder.field(&Self::#names, &self.#members);)*
                }
            }
        },
    )
}

pub(crate) fn select(select: &Select<'_>) -> TokenStream {
    let ident = &select.input.ident;
    let vis = &select.input.vis;
    let variants = select
        .options
        .iter()
        .map(|option| option.variant)
        .collect::<Vec<_>>();
    let keys = select
        .options
        .iter()
        .map(|option| &option.key.text)
        .collect::<Vec<_>>();
    let titles = select.options.iter().map(|option| &option.title);
    in_scope(
        select.krate.as_ref(),
        &quote! {
            #[automatically_derived]
            #[allow(dead_code)]
            impl #ident {
                /// The key that the portal knows this option by.
                #vis const fn key(&self) -> &'static ::core::primitive::str {
                    match self { #(Self::#variants => #keys),* }
                }
            }
            #[automatically_derived]
            impl __rt::Select for #ident {
                fn key(&self) -> &'static ::core::primitive::str {
                    Self::key(self)
                }
                fn from_key(key: &::core::primitive::str) -> ::core::option::Option<Self> {
                    match key {
                        #(#keys => ::core::option::Option::Some(Self::#variants),)*
                        _ => ::core::option::Option::None,
                    }
                }
            }
            #[automatically_derived]
            impl __rt::Property for #ident {
                const TYPE: __rt::PropertyType = __rt::PropertyType::Select;
                const OPTIONS: &'static [__rt::SelectOption] =
                    &[#(__rt::SelectOption::new(#keys, #titles)),*];
                fn decode(
                    received: __rt::Received<'_>,
                ) -> ::core::result::Result<Self, __rt::ValueError> {
                    __rt::decode_select(received)
                }
                fn encode(&self, _: &__rt::Culture) -> __rt::Value {
                    __rt::encode_select(self)
                }
            }
        },
    )
}

/// Code in a scope of its own, where `__rt` is what the runtime keeps for generated code.
pub(crate) fn in_scope(krate: Option<&Path>, code: &TokenStream) -> TokenStream {
    let krate = krate.map_or_else(|| quote!(::bizproc_runtime), ToTokens::to_token_stream);
    quote! {
        #[allow(unused_qualifications, clippy::absolute_paths)]
        const _: () = {
            use #krate::__private as __rt;
            #code
        };
    }
}

fn definition(robot: &Robot<'_>, names: &[Ident]) -> TokenStream {
    let kind = match robot.kind {
        Kind::Robot => quote!(robot),
        Kind::Activity => quote!(activity),
    };
    let code = robot.code.as_ref().map(ToTokens::to_token_stream);
    let name = label("name", &robot.name);
    let description = label("description", &robot.description);
    let wait = robot.wait.map(|(wait, _)| match wait {
        Wait::Yes => quote!(.wait(__rt::Wait::Yes)),
        Wait::No => quote!(.wait(__rt::Wait::No)),
        Wait::Author => quote!(.wait(__rt::Wait::Author)),
    });
    let handler = robot.handler.as_ref().map(|path| quote!(.handler(#path)));
    let placement = robot
        .placement
        .as_ref()
        .map(|path| quote!(.placement(#path)));
    let auth_user_id = robot
        .auth_user_id
        .as_ref()
        .map(|id| quote!(.auth_user_id(#id)));
    let document_type = robot
        .document_type
        .as_ref()
        .map(|ty| quote!(.document_type(#ty)));
    let filter = robot.filter.as_ref().map(filter);
    quote! {
        __rt::Definition::#kind(#code)
            #name #description #handler #placement #auth_user_id #document_type #filter
            .properties(&[#(Self::#names.spec),*])
            #wait
    }
}

fn filter(filter: &Filter) -> TokenStream {
    let list = |method: &str, rules: &[Rule]| {
        let method = Ident::new(method, Span::call_site());
        let rules = rules.iter().map(|rule| match rule {
            Rule::Edition(text) if text.value() == "box" => quote!(__rt::FilterRule::BOX),
            Rule::Edition(_) => quote!(__rt::FilterRule::CLOUD),
            Rule::Prefix(parts) => quote!(__rt::FilterRule::prefix(&[#(#parts),*])),
            Rule::Document(expr) => quote!(__rt::FilterRule::document(#expr)),
        });
        quote!(.#method(&[#(#rules),*]))
    };
    let include = (!filter.include.is_empty()).then(|| list("include", &filter.include));
    let exclude = (!filter.exclude.is_empty()).then(|| list("exclude", &filter.exclude));
    quote!(#include #exclude)
}

/// One constant a field, all of it at the place of the field's type: an unsupported type is
/// one error, there.
fn constants<'a>(side: &'a str, fields: &'a [Field<'a>]) -> impl Iterator<Item = TokenStream> + 'a {
    fields.iter().enumerate().map(move |(index, field)| {
        let name = constant_name(side, index);
        let ty = field.ty;
        let span = field.type_span();
        let id = Literal::string(&field.id.text);
        let type_name = field
            .type_name
            .as_ref()
            .map(|name| quote!(.type_name(#name)));
        let text = field.text.map(|_| quote!(.type_name("text")));
        let required = field.required.map(|_| quote!(.required()));
        let default = field.default.as_ref().map(default);
        let label_name = label("name", &field.name);
        let description = label("description", &field.description);
        quote_spanned! {span=>
            const #name: __rt::Field<#ty> = __rt::Field::<#ty>::new(#id)
                #label_name #description #type_name #text #required #default
                .checked();
        }
    })
}

fn label(method: &str, label: &Label) -> Option<TokenStream> {
    let method = Ident::new(method, Span::call_site());
    let texts = label
        .0
        .iter()
        .map(|(language, text)| quote!((#language, #text)));
    (!label.0.is_empty()).then(|| quote!(.#method(&[#(#texts),*])))
}

fn default(default: &Default) -> TokenStream {
    let item = |item: &DefaultItem| match item {
        DefaultItem::Text(text, span) => {
            let mut literal = Literal::string(text);
            literal.set_span(*span);
            literal.into_token_stream()
        }
        DefaultItem::Variant(expr) => quote!((#expr).key()),
    };
    match default {
        Default::One(one) => {
            let one = item(one);
            quote!(.default(#one))
        }
        Default::List(items) => {
            let items = items.iter().map(item);
            quote!(.default_list(&[#(#items),*]))
        }
    }
}

fn names(side: &str, fields: &[Field<'_>]) -> Vec<Ident> {
    (0..fields.len())
        .map(|index| constant_name(side, index))
        .collect()
}

fn constant_name(side: &str, index: usize) -> Ident {
    format_ident!("__BIZPROC_{side}_{index}")
}

/// Locals never have users' names, which could shadow the macro's own.
fn locals(fields: &[Field<'_>]) -> Vec<Ident> {
    let local = |index| format_ident!("__field{index}", span = Span::mixed_site());
    (0..fields.len()).map(local).collect()
}

fn allow_deprecated(fields: &[Field<'_>]) -> Option<TokenStream> {
    fields
        .iter()
        .any(|field| field.deprecated)
        .then(|| quote!(#[allow(deprecated)]))
}

/// The struct's own `where` clause, and a bound for each field whose type names a parameter.
fn property_bounds(generics: &Generics, fields: &[Field<'_>]) -> Option<WhereClause> {
    let mut generics = generics.clone();
    let params = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(param.ident.clone()),
        _ => None,
    });
    let params = params.collect::<Vec<_>>();
    for field in fields {
        let ty = field.ty;
        if mentions(ty.to_token_stream(), &params) {
            generics
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: __rt::Property));
        }
    }
    generics.where_clause
}

fn mentions(tokens: TokenStream, params: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => params.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), params),
        _ => false,
    })
}
