//! Incomplete attributes, as an editor expands them while its user types: they are an error, never
//! a panic, and the item keeps its traits, so that the rest of the program has no errors of its own.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use super::{Derive, derived};

/// Each beginning of `tokens`; open groups are closed, as editors and the compiler do.
fn beginnings(tokens: &TokenStream) -> Vec<TokenStream> {
    let mut all = Vec::new();
    let mut begun = Vec::<TokenTree>::new();
    for token in tokens.clone() {
        all.push(begun.iter().cloned().collect());
        if let TokenTree::Group(group) = &token {
            for inner in beginnings(&group.stream()) {
                let cut = TokenTree::Group(Group::new(group.delimiter(), inner));
                all.push(begun.iter().cloned().chain([cut]).collect());
            }
        }
        begun.push(token);
    }
    all
}

/// `tokens` without one of its tokens, for each of them.
fn gaps(tokens: &TokenStream) -> Vec<TokenStream> {
    let trees: Vec<_> = tokens.clone().into_iter().collect();
    let mut all = Vec::new();
    for (index, token) in trees.iter().enumerate() {
        let with = |middle: Option<TokenTree>| {
            let before = trees[..index].iter().cloned();
            let after = trees[index + 1..].iter().cloned();
            before.chain(middle).chain(after).collect::<TokenStream>()
        };
        all.push(with(None));
        if let TokenTree::Group(group) = token {
            for inner in gaps(&group.stream()) {
                let cut = Group::new(group.delimiter(), inner);
                all.push(with(Some(TokenTree::Group(cut))));
            }
        }
    }
    all
}

/// Expands the item around each incomplete `attribute`, and returns how many of these have errors.
fn count_refused(
    derive: Derive,
    attribute: &TokenStream,
    item: impl Fn(&TokenStream) -> TokenStream,
    traits: &[&str],
) -> usize {
    let whole = derived(derive, item(attribute)).to_string();
    assert!(!whole.contains("compile_error"), "{whole}");
    let mut refused = 0;
    for half in beginnings(attribute).into_iter().chain(gaps(attribute)) {
        let code = derived(derive, item(&half)).to_string();
        for name in traits {
            let implemented = format!("__rt :: {name} for Item");
            assert_eq!(
                code.matches(&implemented).count(),
                1,
                "`{half}` gives {code}"
            );
        }
        syn::parse_str::<syn::File>(&code).expect("items");
        refused += usize::from(code.contains("compile_error"));
    }
    refused
}

#[test]
fn of_a_robot() {
    let attribute = quote! {
        code = "acme_document",
        kind = activity,
        name(ru = "Создать документ", de = "Dokument"),
        description = "Makes a document",
        returns = crate::Created<u8>,
        wait = always,
        handler = "/robots/document",
        placement = "/settings",
        auth_user_id = 7,
        document_type = ["crm", "CCrmDocumentDeal", "DEAL"],
        filter(include = [DocumentType::DEAL, ["crm"], "b24"], exclude = ["box"]),
        rename_all = "camelCase",
        crate = "crate::robots",
    };
    let item = |half: &TokenStream| {
        quote! {
            /// Create document
            #[derive(Robot)]
            #[robot(#half)]
            struct Item { number: String }
        }
    };
    let refused = count_refused(crate::robot, &attribute, item, &["Robot", "Properties"]);
    assert!(refused > 100, "{refused}");
}

#[test]
fn of_a_property() {
    let attribute = quote! {
        id = "format",
        name = "Format",
        name(ru = "Формат"),
        description(de = "Format der Datei", en = "Of the file"),
        required,
        options(pdf = "PDF", "word 97" = "Word"),
        type = "select",
        default = ["pdf", Format::Word, -1, 2.5, true],
    };
    let item = |half: &TokenStream| {
        quote! {
            #[robot(code = "acme_document")]
            struct Item<T> {
                #[property(#half)]
                format: Vec<String>,
                other: T,
            }
        }
    };
    let refused = count_refused(crate::robot, &attribute, item, &["Robot", "Properties"]);
    assert!(refused > 40, "{refused}");
}

#[test]
fn of_an_output() {
    let attribute = quote! {
        failure = ["lost", Status::lost(7), -1],
        default = ["sent"],
    };
    let item = |half: &TokenStream| {
        quote! {
            struct Item<T> {
                #[property(#half)]
                status: Vec<String>,
                #[property(failure)]
                error: T,
            }
        }
    };
    let refused = count_refused(crate::return_values, &attribute, item, &["ReturnValues"]);
    assert!(refused > 10, "{refused}");
}

#[test]
fn of_a_group() {
    let attribute = quote!(flatten,);
    let group = |half: &TokenStream| {
        quote!(
            struct Item {
                #[property(#half)]
                group: Group,
            }
        )
    };
    // Without its attribute the field is an ordinary property.
    assert_eq!(
        count_refused(crate::properties, &attribute, group, &["Properties"]),
        1
    );
    let attribute = quote!(rename_all = "camelCase", crate = "::robots");
    let values = |half: &TokenStream| {
        quote!(
            #[return_values(#half)]
            struct Item {
                sum: f64,
            }
        )
    };
    assert!(count_refused(crate::return_values, &attribute, values, &["ReturnValues"]) > 5);
    let group = |half: &TokenStream| {
        quote!(
            #[properties(#half)]
            struct Item {
                sum: f64,
            }
        )
    };
    assert!(count_refused(crate::properties, &attribute, group, &["Properties"]) > 5);
}

#[test]
fn of_an_enum_of_options() {
    let attribute = quote!(key = "pdf", title = "PDF");
    let item = |half: &TokenStream| {
        quote!(
            enum Item {
                #[option(#half)]
                Pdf,
                Docx,
            }
        )
    };
    assert!(count_refused(crate::select, &attribute, item, &["Select", "Property"]) > 5);
}

#[test]
fn of_a_newtype() {
    let attribute = quote!(type = "UF:money", crate = "::robots");
    let item = |half: &TokenStream| {
        quote!(
            #[property(#half)]
            struct Item(String);
        )
    };
    assert!(count_refused(crate::newtype, &attribute, item, &["Property"]) > 5);
}
