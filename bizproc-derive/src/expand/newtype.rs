//! The implementation of `Property` for a struct around one value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::scope::{bounds, in_scope};
use crate::model::{Member, Newtype};

pub(crate) fn newtype(newtype: &Newtype<'_>) -> TokenStream {
    let Some((member, ty)) = &newtype.inner else {
        return TokenStream::new();
    };
    let ident = newtype.ident;
    let where_clause = bounds(
        newtype.generics,
        [(*ty, quote!(__rt::Property))].into_iter(),
    );
    let (impl_generics, type_generics, _) = newtype.generics.split_for_impl();
    let type_name = newtype
        .type_name
        .as_ref()
        .map(|name| quote!(.type_name(#name)));
    // At the place of the type, so that an unsupported type is one error, at that place.
    let inner = quote_spanned! {ty.span()=>
        const __BIZPROC_INNER: __rt::Field<#ty> = __rt::Field::<#ty>::new("") #type_name;
    };
    let (value, wrapped) = match member {
        Member::First => (quote!(self.0), quote!(Self(value))),
        Member::Named(name) => (quote!(self.#name), quote!(Self { #name: value })),
    };
    in_scope(
        newtype.krate.as_ref(),
        &quote! {
            #[automatically_derived]
            #[doc(hidden)]
            impl #impl_generics #ident #type_generics #where_clause {
                #inner
            }
            #[automatically_derived]
            impl #impl_generics __rt::Property for #ident #type_generics #where_clause {
                const TYPE: __rt::PropertyType = Self::__BIZPROC_INNER.spec.property_type;
                const REQUIRED: ::core::primitive::bool = Self::__BIZPROC_INNER.spec.required;
                const MULTIPLE: ::core::primitive::bool = Self::__BIZPROC_INNER.spec.multiple;
                const OPTIONS: &'static [__rt::SelectOption] = Self::__BIZPROC_INNER.spec.options;
                const DETAILS: __rt::Details = Self::__BIZPROC_INNER.details();
                fn decode(
                    input: __rt::InputValue<'_>,
                ) -> ::core::result::Result<Self, __rt::ValueError> {
                    match Self::__BIZPROC_INNER.decode(input) {
                        ::core::result::Result::Ok(value) => ::core::result::Result::Ok(#wrapped),
                        ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                    }
                }
                fn encode(&self, culture: &__rt::Culture) -> __rt::Value {
                    Self::__BIZPROC_INNER.encode(&#value, culture)
                }
            }
        },
    )
}
