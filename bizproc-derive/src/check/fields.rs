//! The rules for properties and return values.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::LitStr;

use super::select::check_options;
use crate::attr::Failure;
use crate::ctxt::Ctxt;
use crate::model::{Field, Property};
use crate::name::{Id, allowed_instead, nearest};
use crate::platform::{MISSPELT_TYPES, PROPERTY_TYPES, STEP_IDS, STRUCTURE_IDS};

/// Checks the properties of a robot or of a group.
pub(crate) fn properties(ctxt: &Ctxt, fields: &[Field<'_>]) {
    for property in fields.iter().filter_map(|field| field.property.as_ref()) {
        if let Some((_, span)) = &property.failure {
            ctxt.error(
                *span,
                "`failure` has no meaning on a robot's property: it sets a return value after a \
                 failure; write it in the struct with `#[derive(ReturnValues)]`",
            );
        }
    }
    check_fields(ctxt, fields);
}

/// The rules that properties and return values share.
fn check_fields(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let mut seen = HashMap::<String, &Id>::new();
    for property in fields.iter().filter_map(|field| field.property.as_ref()) {
        let id = &property.id;
        check_id(ctxt, id);
        if let Some(first) = seen.insert(id.text.to_lowercase(), id) {
            ctxt.error(id.span, clash(&first.text, &id.text));
        }
        check_type(ctxt, property);
        if let Some(options) = &property.options {
            let titles = options
                .iter()
                .map(|option| (option.title.value(), option.title.span()));
            check_options(ctxt, options.iter().map(|option| &option.key), titles);
        }
    }
}

/// Checks the fields of a struct of return values.
pub(crate) fn return_values(ctxt: &Ctxt, fields: &[Field<'_>]) {
    for property in fields.iter().filter_map(|field| field.property.as_ref()) {
        if let Some(span) = property.required {
            ctxt.error(
                span,
                "`required` has no meaning on a return value: it marks the properties that \
                 authors must fill; remove it",
            );
        }
        if let Some((Failure::Message, span)) = &property.failure {
            check_failure_text(ctxt, property, *span);
        }
    }
    check_fields(ctxt, fields);
}

/// Only a type of free text can hold the text of an error.
fn check_failure_text(ctxt: &Ctxt, property: &Property, span: Span) {
    let type_name = property.type_name.as_ref().map(LitStr::value);
    let fault = match type_name.as_deref() {
        _ if property.options.is_some() => "which is none of the options".to_owned(),
        None | Some("string" | "text") => return,
        Some(name) => format!("and a value of the type `{name}` has a form of its own"),
    };
    ctxt.error(
        span,
        format!(
            "`failure` alone is the error's text, {fault}; write the value after a failure, \
             `failure = \"...\"`, and add a return value for the text"
        ),
    );
}

/// `text`, `type` and `options` each decide the type, so that only one may be given.
fn check_type(ctxt: &Ctxt, property: &Property) {
    if let Some(name) = &property.type_name {
        check_type_name(ctxt, name);
    }
    let options = property.options.is_some();
    if let (Some(span), true) = (property.text, options || property.type_name.is_some()) {
        ctxt.error(
            span,
            "`text` and `type` or `options` name two types; keep one of them",
        );
    }
    if let (Some(name), true) = (&property.type_name, options)
        && !matches!(name.value().as_str(), "select" | "internalselect")
    {
        ctxt.error_at(
            name,
            "`options` make the property a `select`; remove `type`",
        );
    }
}

/// The message about two equal ids.
fn clash(first: &str, second: &str) -> String {
    if first == second {
        return format!("two properties have the id `{first}`; each needs its own");
    }
    format!(
        "the ids `{first}` and `{second}` differ only in case, and the portal's settings form would \
         give both the same value; rename one"
    )
}

fn check_id(ctxt: &Ctxt, id: &Id) {
    let text = &id.text;
    let mut chars = text.chars();
    let first_is_letter = chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    let wrong = chars.find(|c| !c.is_ascii_alphanumeric() && *c != '_');
    let same = |reserved: &&&str| reserved.eq_ignore_ascii_case(text);
    let fault = if !first_is_letter || wrong.is_some() {
        format!(
            "`{}` cannot be a property's id; an id begins with a latin letter and contains \
             only latin letters, digits and `_`: set another with `#[property(id = \"...\")]`",
            text.escape_debug()
        )
    } else if let Some(reserved) = STEP_IDS.iter().find(same) {
        format!(
            "the id `{text}` belongs to the workflow step itself (`{reserved}`): the robot would \
             receive and overwrite the step's own value; set another with \
             `#[property(id = \"...\")]`"
        )
    } else if let Some(reserved) = STRUCTURE_IDS.iter().find(same) {
        format!(
            "the id `{text}` is a word of the registration itself (`{reserved}`), and the portal \
             misreads a property with it; set another with `#[property(id = \"...\")]`"
        )
    } else {
        return;
    };
    ctxt.error(id.span, fault);
}

pub(super) fn check_type_name(ctxt: &Ctxt, literal: &LitStr) {
    let found = literal.value();
    if PROPERTY_TYPES.contains(&found.as_str()) {
        return;
    }
    let meant = MISSPELT_TYPES
        .iter()
        .find(|(wrong, _)| found.eq_ignore_ascii_case(wrong))
        .map(|(_, right)| *right)
        .or_else(|| nearest(&found, PROPERTY_TYPES));
    let advice = meant.map_or_else(
        || allowed_instead(&found, PROPERTY_TYPES.iter().copied()),
        |meant| {
            format!(
                "; did you mean `{meant}`? the Rust type decides by itself, `type` is only for the \
                 types of some documents, on a `String`"
            )
        },
    );
    ctxt.error_at(
        literal,
        format!("the platform has no property type `{found}`{advice}"),
    );
}
