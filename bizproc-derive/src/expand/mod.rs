//! From a checked model to code. Everything a field needs is one constant; what is done with it
//! is code of the runtime, written once.

mod fields;
mod newtype;
mod robot;
mod select;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Path, Type, WhereClause, parse_quote};

pub(crate) use fields::{properties, return_values};
pub(crate) use newtype::newtype;
pub(crate) use robot::robot;
pub(crate) use select::select;

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

/// The struct's own `where` clause, and a bound for each type that names a parameter.
fn bounds<'a>(
    generics: &Generics,
    types: impl Iterator<Item = (&'a Type, TokenStream)>,
) -> Option<WhereClause> {
    let mut generics = generics.clone();
    let params = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(param.ident.clone()),
        _ => None,
    });
    let params = params.collect::<Vec<_>>();
    for (ty, bound) in types {
        if mentions(ty.to_token_stream(), &params) {
            generics
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: #bound));
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
