//! The implementation of `Robot`: what a struct declares beside its properties.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::fields::{label, properties_impl, property_bounds};
use super::scope::{bounds, in_scope};
use crate::attr::{DocumentType, Filter, Kind, Rule, Wait};
use crate::model::Robot;

pub(crate) fn robot(robot: &Robot<'_>) -> TokenStream {
    let ident = robot.group.ident;
    let generics = robot.group.generics;
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let properties = properties_impl(&robot.group);
    let returned = robot.returns.as_ref();
    let return_bound = returned.map(|ty| (ty, quote!(__rt::ReturnValues)));
    let where_clause = bounds(generics, property_bounds(&robot.group).chain(return_bound));
    let place = returned.map_or_else(|| ident.span(), Spanned::span);
    let returns = returned.map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let definition = base_definition(robot);
    let evaluate = generics.params.is_empty().then(|| {
        quote_spanned! {place=>
            const _: __rt::Definition = <#ident as __rt::Robot>::DEFINITION.checked();
        }
    });
    in_scope(
        robot.group.krate.as_ref(),
        &quote! {
            #properties
            #[automatically_derived]
            impl #impl_generics __rt::Robot for #ident #type_generics #where_clause {
                type Returns = #returns;
                const BASE_DEFINITION: __rt::Definition = #definition;
            }
            #evaluate
        },
    )
}

/// The definition without its properties and return values.
fn base_definition(robot: &Robot<'_>) -> TokenStream {
    let kind = match robot.kind {
        Kind::Robot => quote!(robot),
        Kind::Activity => quote!(activity),
    };
    let code = robot.code.as_ref().map(ToTokens::to_token_stream);
    let name = label("with_name", &robot.name);
    let description = label("with_description", &robot.description);
    let wait = robot.wait.map(|(wait, _)| match wait {
        Wait::Always => quote!(.with_wait(__rt::Wait::Always)),
        Wait::Never => quote!(.with_wait(__rt::Wait::Never)),
        Wait::AuthorDecides => quote!(.with_wait(__rt::Wait::AuthorDecides)),
    });
    let handler = robot
        .handler
        .as_ref()
        .map(|path| quote!(.with_handler(#path)));
    let placement = robot
        .placement
        .as_ref()
        .map(|path| quote!(.with_placement(#path)));
    let auth_user_id = robot
        .auth_user_id
        .as_ref()
        .map(|id| quote!(.with_auth_user_id(#id)));
    let document_type = robot.document_type.as_ref().map(document_type_call);
    let filter = robot.filter.as_ref().map(|(rules, _)| filter_calls(rules));
    quote! {
        __rt::Definition::#kind(#code)
            #name #description #handler #placement #auth_user_id #document_type #filter #wait
    }
}

/// `.with_document_type(…)`
fn document_type_call(document_type: &DocumentType) -> TokenStream {
    match document_type {
        DocumentType::Triple([module, entity, name]) => {
            quote!(.with_document_type(__rt::DocumentType::custom(#module, #entity, #name)))
        }
        DocumentType::Constant(expr) => quote!(.with_document_type(#expr)),
    }
}

/// `.with_include(…).with_exclude(…)`, each if it has rules.
fn filter_calls(filter: &Filter) -> TokenStream {
    let call = |method: &str, rules: &[Rule]| {
        let method = Ident::new(method, Span::call_site());
        let items = rules.iter().map(|rule| match rule {
            Rule::Edition(text) if text.value() == "box" => quote!(__rt::FilterRule::SELF_HOSTED),
            Rule::Edition(_) => quote!(__rt::FilterRule::CLOUD),
            Rule::Prefix(parts) => quote!(__rt::FilterRule::prefix(&[#(#parts),*])),
            Rule::Document(expr) => quote!(__rt::FilterRule::document(#expr)),
        });
        quote!(.#method(&[#(#items),*]))
    };
    let include = (!filter.include.is_empty()).then(|| call("with_include", &filter.include));
    let exclude = (!filter.exclude.is_empty()).then(|| call("with_exclude", &filter.exclude));
    quote!(#include #exclude)
}
