//! The amount of code that a field and a robot may generate: it is compiled for each field of each
//! robot, and so decides how long a program takes to build.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::formatted;

const FIELD_LINES: usize = 8;
const FIELD_BYTES: usize = 350;
/// The bytes that `failure` adds: the value, and the call that encodes it.
const MARK_BYTES: usize = 100;
const ROBOT_LINES: usize = 60;

/// Fields with a text in one language: each further language adds its text and nothing else.
fn plain_fields(count: usize) -> TokenStream {
    fields_with(count, &TokenStream::new())
}

fn fields_with(count: usize, attribute: &TokenStream) -> TokenStream {
    let fields = (0..count).map(|index| {
        let name = format_ident!("amount_{index}");
        quote! {
            /// Amount to pay
            #attribute
            #name: Option<f64>,
        }
    });
    quote!({ #(#fields)* })
}

fn robot(count: usize) -> String {
    let fields = plain_fields(count);
    formatted(
        crate::robot,
        quote! {
            /// Pay an invoice
            #[robot(code = "acme_pay", returns = Paid)]
            struct Pay #fields
        },
    )
}

fn return_values(count: usize) -> String {
    let fields = plain_fields(count);
    formatted(crate::return_values, quote!(struct Paid #fields))
}

fn return_values_of_a_failure(count: usize) -> String {
    let fields = fields_with(count, &quote!(#[property(failure = 0)]));
    formatted(crate::return_values, quote!(struct Paid #fields))
}

fn count_lines(code: &str) -> usize {
    code.lines().count()
}

#[test]
fn a_field_adds_little() {
    adds_little(robot, FIELD_BYTES);
    adds_little(return_values, FIELD_BYTES);
    adds_little(return_values_of_a_failure, FIELD_BYTES + MARK_BYTES);
}

fn adds_little(expand: fn(usize) -> String, max_bytes: usize) {
    // From three fields on, the formatter puts each field on lines of its own.
    for count in 3..=12 {
        let before = expand(count);
        let after = expand(count + 1);
        let lines = count_lines(&after) - count_lines(&before);
        let bytes = after.len() - before.len();
        println!("field {}: {lines} lines, {bytes} bytes", count + 1);
        assert!(
            lines <= FIELD_LINES,
            "{lines} lines for one field:\n{after}"
        );
        assert!(bytes <= max_bytes, "{bytes} bytes for one field:\n{after}");
    }
}

#[test]
fn a_robot_of_five_fields_is_a_page() {
    let code = robot(5);
    let lines = count_lines(&code);
    println!("robot: {lines} lines, {} bytes", code.len());
    assert!(lines <= ROBOT_LINES, "{lines} lines:\n{code}");
}
