//! Empty implementations for items with errors, so that code that uses the type causes no errors of
//! its own.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::DeriveInput;

use crate::attr::{ContainerAttrs, NewtypeAttrs, RobotAttrs};
use crate::ctxt::Ctxt;
use crate::expand::in_scope;

pub(crate) fn robot(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| RobotAttrs::from_attributes(ctxt, &input.attrs));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let returns = attrs
        .returns
        .get()
        .map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let properties = properties_impl(input);
    in_scope(
        attrs.krate.get(),
        &quote! {
            #properties
            #[automatically_derived]
            impl #impl_generics __rt::Robot for #ident #type_generics #where_clause {
                type Returns = #returns;
                const BASE_DEFINITION: __rt::Definition = __rt::Definition::robot("");
            }
        },
    )
}

pub(crate) fn properties(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| ContainerAttrs::from_attributes(ctxt, &input.attrs, "properties"));
    in_scope(attrs.krate.get(), &properties_impl(input))
}

fn properties_impl(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __rt::Properties for #ident #type_generics #where_clause {
            const PROPERTIES: __rt::PropertyList = __rt::PropertyList::EMPTY;
            fn decode(_: &mut __rt::Decoder<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}

pub(crate) fn return_values(input: &DeriveInput) -> TokenStream {
    let attrs =
        silently(|ctxt| ContainerAttrs::from_attributes(ctxt, &input.attrs, "return_values"));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    in_scope(
        attrs.krate.get(),
        &quote! {
            #[automatically_derived]
            impl #impl_generics __rt::ReturnValues for #ident #type_generics #where_clause {
                const PROPERTIES: __rt::PropertyList = __rt::PropertyList::EMPTY;
                fn encode(&self, _: &mut __rt::Encoder<'_>) {}
            }
        },
    )
}

pub(crate) fn select(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| ContainerAttrs::from_attributes(ctxt, &input.attrs, "select"));
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let property = property_impl(input, &quote!(__rt::PropertyType::Select));
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
            #property
        },
    )
}

pub(crate) fn newtype(input: &DeriveInput) -> TokenStream {
    let attrs = silently(|ctxt| NewtypeAttrs::from_attributes(ctxt, &input.attrs));
    let property = property_impl(input, &quote!(__rt::PropertyType::String));
    in_scope(attrs.krate.get(), &property)
}

fn property_impl(input: &DeriveInput, property_type: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics __rt::Property for #ident #type_generics #where_clause {
            const TYPE: __rt::PropertyType = #property_type;
            // One option, so that a field of this type is not reported as a `select` without any.
            const OPTIONS: &'static [__rt::SelectOption] = &[__rt::SelectOption::new("", "")];
            fn decode(
                _: __rt::InputValue<'_>,
            ) -> ::core::result::Result<Self, __rt::ValueError> {
                ::core::result::Result::Err(__rt::ValueError::missing())
            }
            fn encode(&self, _: &__rt::Culture) -> __rt::Value {
                __rt::Value::Null
            }
        }
    }
}

/// Reads attributes a second time, without their errors: those are reported already.
fn silently<T>(read: impl FnOnce(&Ctxt) -> T) -> T {
    let ctxt = Ctxt::new();
    let value = read(&ctxt);
    drop(ctxt.finish());
    value
}
