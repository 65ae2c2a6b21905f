//! The implementations of `Select` and `Property` for an enum of options.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::in_scope;
use crate::model::Select;

pub(crate) fn select(select: &Select<'_>) -> TokenStream {
    let ident = &select.input.ident;
    let vis = &select.input.vis;
    let variants: Vec<_> = select.options.iter().map(|option| option.variant).collect();
    let keys: Vec<_> = select
        .options
        .iter()
        .map(|option| &option.key.text)
        .collect();
    let titles = select.options.iter().map(|option| &option.title);
    in_scope(
        select.krate.as_ref(),
        &quote! {
            #[automatically_derived]
            #[allow(dead_code, deprecated)]
            impl #ident {
                /// The key that the portal knows this option by.
                #vis const fn key(&self) -> &'static ::core::primitive::str {
                    match self { #(Self::#variants => #keys),* }
                }
            }
            #[automatically_derived]
            #[allow(deprecated)]
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
                    input: __rt::InputValue<'_>,
                ) -> ::core::result::Result<Self, __rt::ValueError> {
                    __rt::decode_select(input)
                }
                fn encode(&self, _: &__rt::Culture) -> __rt::Value {
                    __rt::encode_select(self)
                }
            }
        },
    )
}
