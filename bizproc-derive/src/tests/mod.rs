//! The derives applied to whole items, without a compiler.

mod budget;
mod expansion;
mod half_typed;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// One of the derives.
type Derive = fn(&DeriveInput) -> TokenStream;

fn derived(derive: Derive, item: TokenStream) -> TokenStream {
    derive(&syn::parse2(item).expect("an item"))
}

/// The expansion, formatted.
fn formatted(derive: Derive, item: TokenStream) -> String {
    let file = syn::parse2(derived(derive, item)).expect("items");
    prettyplease::unparse(&file)
}
