//! Empty implementations beside the errors, so that the code that uses the type adds no noise.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::attr::{ReturnValuesAttrs, RobotAttrs, SelectAttrs};
use crate::ctxt::Ctxt;
use crate::expand::in_scope;

pub(crate) fn robot(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| RobotAttrs::of(ctxt, &input.attrs));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let returns = attrs
        .returns
        .get()
        .map_or_else(|| quote!(()), |ty| quote!(#ty));
    in_scope(
        attrs.krate.get(),
        &quote! {
            #[automatically_derived]
            impl #impl_generics __rt::Robot for #ident #type_generics #where_clause {
                type Returns = #returns;
                const DECLARATION: __rt::Definition = __rt::Definition::robot("");
                fn decode(
                    properties: &__rt::Properties<'_>,
                ) -> ::core::result::Result<Self, __rt::DecodeError> {
                    ::core::result::Result::Err(__rt::Decoder::new(properties).into_error())
                }
            }
        },
    )
}

pub(crate) fn return_values(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| ReturnValuesAttrs::of(ctxt, &input.attrs));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    in_scope(
        attrs.krate.get(),
        &quote! {
            #[automatically_derived]
            impl #impl_generics __rt::ReturnValues for #ident #type_generics #where_clause {
                const PROPERTIES: &'static [__rt::PropertySpec] = &[];
                fn encode(&self, _: &mut __rt::Encoder<'_>) {}
            }
        },
    )
}

pub(crate) fn select(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| SelectAttrs::of(ctxt, &input.attrs));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    in_scope(
        attrs.krate.get(),
        &quote! {
            #[automatically_derived]
            impl #impl_generics #ident #type_generics #where_clause {
                #[allow(dead_code, missing_docs)]
                pub const fn key(&self) -> &'static ::core::primitive::str {
                    ""
                }
            }
            #[automatically_derived]
            impl #impl_generics __rt::Select for #ident #type_generics #where_clause {
                fn key(&self) -> &'static ::core::primitive::str {
                    ""
                }
                fn from_key(_: &::core::primitive::str) -> ::core::option::Option<Self> {
                    ::core::option::Option::None
                }
            }
            #[automatically_derived]
            impl #impl_generics __rt::Property for #ident #type_generics #where_clause {
                const TYPE: __rt::PropertyType = __rt::PropertyType::Select;
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

/// Reads attributes again; their errors are already told.
fn silently<T>(read: impl FnOnce(&Ctxt) -> T) -> T {
    let ctxt = Ctxt::new();
    let value = read(&ctxt);
    drop(ctxt.finish());
    value
}
