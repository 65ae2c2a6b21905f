//! The frame around generated code: its scope, and the bounds of its generics.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Generics, Path, Type, WhereClause, parse_quote};

/// The code in a scope of its own, in which `__rt` is the runtime's module for generated code.
pub(crate) fn in_scope(krate: Option<&Path>, code: &TokenStream) -> TokenStream {
    let runtime = krate.map_or_else(|| quote!(::bizproc_runtime), ToTokens::to_token_stream);
    quote! {
        #[allow(unused_qualifications, clippy::absolute_paths)]
        const _: () = {
            use #runtime::__private as __rt;
            #code
        };
    }
}

/// The struct's own `where` clause, extended by a bound for each type that uses a type parameter.
pub(super) fn bounds<'a>(
    generics: &Generics,
    types: impl Iterator<Item = (&'a Type, TokenStream)>,
) -> Option<WhereClause> {
    let mut bounded = generics.clone();
    let params: Vec<_> = generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    for (ty, bound) in types {
        if mentions(ty.to_token_stream(), &params) {
            bounded
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: #bound));
        }
    }
    bounded.where_clause
}

/// Whether the tokens contain one of the parameters.
fn mentions(tokens: TokenStream, params: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => params.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), params),
        _ => false,
    })
}
