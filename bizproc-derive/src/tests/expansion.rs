//! The generated code for each shape of item. A change here is a change in every program that uses
//! the derives.

use quote::quote;

use super::{Derive, formatted};

fn check(name: &str, derive: Derive, item: proc_macro2::TokenStream) {
    let code = formatted(derive, item);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, code);
    });
}

#[test]
fn plain_robot() {
    let item = quote! {
        /// MD5 generator
        #[derive(Robot)]
        #[robot(code = "md5", returns = Md5Hash)]
        struct Md5 {
            /// Input string
            input: String,
        }
    };
    check("plain_robot", crate::robot, item);
}

#[test]
fn unit_robot() {
    let item = quote! {
        #[robot(code = "acme_ping")]
        pub struct Ping;
    };
    check("unit_robot", crate::robot, item);
}

#[test]
fn robot_with_everything() {
    let item = quote! {
        /// Create document
        ///
        /// Makes a document of the deal.
        #[robot(
            kind = activity,
            code = "acme_document",
            name(ru = "Создать документ"),
            returns = Created,
            wait = always,
            handler = "/robots/document",
            placement = "/settings/document",
            auth_user_id = 1,
            document_type = DocumentType::DEAL,
            filter(include = [DocumentType::DEAL, ["crm"], "b24"], exclude = [["crm", "CCrmDocumentLead"]]),
            rename_all = "camelCase",
            crate = "::toolkit::robots",
        )]
        struct CreateDocument {
            /// Format
            ///
            /// Of the file
            #[property(default = Format::Pdf)]
            format: Format,
            #[property(id = "heading", text, required, default = "{=Document:TITLE}")]
            r#title: String,
            #[property(options(p = "Portrait", l = "Landscape"), default = "p")]
            page: String,
            #[property(type = "UF:money")]
            sum: Option<String>,
            #[property(default = [1, -2])]
            #[deprecated]
            numbers: Vec<i8>,
        }
    };
    check("robot_with_everything", crate::robot, item);
}

#[test]
fn return_values() {
    let item = quote! {
        #[return_values(rename_all = "UPPERCASE")]
        struct Created {
            /// Number
            number: String,
            #[property(default = false)]
            paid: bool,
            #[property(flatten)]
            stamp: Stamp,
        }
    };
    check("return_values", crate::return_values, item);
}

#[test]
fn return_values_of_a_failure() {
    let item = quote! {
        struct Sent<T> {
            number: String,
            #[property(failure)]
            error: Option<T>,
            #[property(default = true, failure = false)]
            sent: bool,
            #[property(failure = Status::Failed)]
            status: Status,
            #[property(failure = [0, -1])]
            pages: Vec<i8>,
            #[property(failure = [Status::Failed, Status::Lost])]
            all: Vec<Status>,
        }
    };
    check("return_values_of_a_failure", crate::return_values, item);
}

#[test]
fn select() {
    let item = quote! {
        #[select(rename_all = "lowercase")]
        pub(crate) enum Format {
            /// PDF
            Pdf,
            #[option(key = "word", title = "Word")]
            Docx,
        }
    };
    check("select", crate::select, item);
}

#[test]
fn newtype() {
    let item = quote! {
        #[property(type = "UF:money")]
        struct Money<T>(T) where T: Clone;
    };
    check("newtype", crate::newtype, item);
}

#[test]
fn group_with_a_group() {
    let item = quote! {
        struct Letter {
            from: String,
            #[property(flatten)]
            recipient: Recipient,
            subject: String,
            text: String,
        }
    };
    check("group_with_a_group", crate::properties, item);
}

#[test]
fn generic_robot() {
    let item = quote! {
        #[robot(code = "acme_generic", returns = Pair<T, 'a>)]
        struct Generic<'a, T: Clone = String, const N: usize = 3> where T: Send {
            value: T,
            text: Cow<'a, str>,
            #[property(flatten)]
            group: Group<T>,
        }
    };
    check("generic_robot", crate::robot, item);
}

#[test]
fn robot_that_is_refused() {
    let item = quote! {
        #[robot(code = "send invoice", returns = Sent, crate = "crate::robots")]
        struct Send<T> {
            #[property(id = "send-to")]
            to: T,
        }
    };
    check("robot_that_is_refused", crate::robot, item);
}

#[test]
fn enum_that_is_refused() {
    let item = quote! {
        enum Format {
            Pdf(u32),
        }
    };
    check("enum_that_is_refused", crate::select, item);
}
