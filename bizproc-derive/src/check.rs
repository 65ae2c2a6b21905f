//! The rules of the platform over a model: what the portal refuses, and what it accepts and then
//! quietly breaks.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::{GenericParam, LitStr};

use crate::attr::Wait;
use crate::ctxt::Ctxt;
use crate::model::{Field, Id, ReturnValues, Robot, Select};
use crate::name::allowed;
use crate::platform::{CODE_MAX_CHARS, MISSPELT_TYPES, PROPERTY_TYPES, STEP_IDS, STRUCTURE_IDS};

pub(crate) fn robot(ctxt: &Ctxt, robot: &Robot<'_>) {
    match &robot.code {
        Some(code) => check_code(ctxt, code),
        None if robot.faulty => {}
        None => ctxt.error_at(
            robot.ident,
            "missing `code`, the robot's name inside the application, which workflows keep for \
             ever: add `#[robot(code = \"vendor_robot\")]`",
        ),
    }
    for (key, path) in [("handler", &robot.handler), ("placement", &robot.placement)] {
        if let Some(path) = path {
            check_path(ctxt, key, path);
        }
    }
    if let (Some(handler), Some(placement)) = (&robot.handler, &robot.placement)
        && handler.value() == placement.value()
    {
        ctxt.error_at(
            placement,
            "`placement` and `handler` are one path, but one shows a page to people and the other \
             takes calls; give the settings page a path of its own",
        );
    }
    if let (Some((Wait::No, span)), Some(_)) = (robot.wait, &robot.returns) {
        ctxt.error(
            span,
            "`wait = \"N\"` with `returns`: a workflow that does not wait can never receive the \
             return values; remove `wait`, or remove `returns`",
        );
    }
    check_fields(ctxt, &robot.fields);
}

pub(crate) fn return_values(ctxt: &Ctxt, values: &ReturnValues<'_>) {
    for field in &values.fields {
        if let Some(span) = field.required {
            ctxt.error(
                span,
                "`required` has no meaning on a return value: it tells authors which inputs they \
                 must fill; remove it",
            );
        }
    }
    check_fields(ctxt, &values.fields);
}

fn check_code(ctxt: &Ctxt, literal: &LitStr) {
    let code = literal.value();
    let wrong = code
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !".-_".contains(*c));
    let length = code.chars().count();
    let fault = if code.is_empty() {
        "the `code` is empty; write a name such as `vendor_robot`".to_owned()
    } else if code == "0" {
        "the portal takes the code `0` for an empty one; write a name such as `vendor_robot`"
            .to_owned()
    } else if let Some(wrong) = wrong {
        format!(
            "a robot's code must not contain {wrong:?}; allowed are latin letters, digits, `.`, \
             `-` and `_`"
        )
    } else if length > CODE_MAX_CHARS {
        format!("the code has {length} characters; the portal stores at most {CODE_MAX_CHARS}")
    } else {
        return;
    };
    ctxt.error_at(literal, fault);
}

/// `handler` and `placement` are paths below the application's public address.
fn check_path(ctxt: &Ctxt, key: &str, literal: &LitStr) {
    let path = literal.value();
    let fault = if path.contains("://") {
        format!(
            "`{key}` is a path below the application's public address, not an address: the host \
             is given once, when the application starts; write `{key} = \"/path\"`"
        )
    } else if !path.starts_with('/') || path.len() < 2 {
        format!("`{key}` is a path that begins with `/`, such as `{key} = \"/robots/invoice\"`")
    } else if let Some(wrong) = path
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"/._-~".contains(*c))
    {
        format!(
            "`{key}` must not contain {wrong:?}; allowed are latin letters, digits, `/`, `.`, `_`, \
             `-` and `~`"
        )
    } else {
        return;
    };
    ctxt.error_at(literal, fault);
}

fn check_fields(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let mut seen = HashMap::<String, &Id>::new();
    for field in fields {
        check_id(ctxt, &field.id);
        if let Some(first) = seen.insert(field.id.text.to_lowercase(), &field.id) {
            ctxt.error(field.id.span, clash(&first.text, &field.id.text));
        }
        if let Some(name) = &field.type_name {
            check_type_name(ctxt, name);
        }
        if let (Some(span), Some(_)) = (field.text, &field.type_name) {
            ctxt.error(
                span,
                "`text` and `type` both name the property's type; keep one of them",
            );
        }
    }
}

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
            "`{text}` cannot be a property's id; an id begins with a latin letter and contains \
             only latin letters, digits and `_`: set another with `#[property(id = \"...\")]`"
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

fn check_type_name(ctxt: &Ctxt, literal: &LitStr) {
    let found = literal.value();
    if PROPERTY_TYPES.contains(&found.as_str()) {
        return;
    }
    let mut meant = MISSPELT_TYPES.iter();
    let meant = meant.find(|(wrong, _)| found.eq_ignore_ascii_case(wrong));
    let meant = meant.map_or(found.as_str(), |(_, right)| right);
    let allowed = allowed(meant, PROPERTY_TYPES.iter().copied());
    ctxt.error_at(
        literal,
        format!("the platform has no property type `{found}`{allowed}"),
    );
}

pub(crate) fn select(ctxt: &Ctxt, select: &Select<'_>) {
    refuse_generics(ctxt, select);
    if select.options.is_empty() && matches!(select.input.data, syn::Data::Enum(_)) {
        ctxt.error_at(
            &select.input.ident,
            "a `select` property needs at least one option; add a variant",
        );
    }
    let mut keys = HashMap::<&str, Span>::new();
    let mut titles = HashMap::<&str, Span>::new();
    for option in &select.options {
        let key = option.key.text.as_str();
        check_key(ctxt, &option.key);
        if keys.insert(key, option.key.span).is_some() {
            let message = format!("two options have the key `{key}`; each needs its own");
            ctxt.error(option.key.span, message);
        }
        let title = option.title.as_str();
        if title.trim().is_empty() {
            let message = "the option's title is empty: people would see a blank line";
            ctxt.error(option.title_span, message);
        } else if titles.insert(title, option.title_span).is_some() {
            ctxt.error(
                option.title_span,
                format!("two options have the title `{title}`; people could not tell them apart"),
            );
        }
    }
}

fn check_key(ctxt: &Ctxt, key: &Id) {
    let text = &key.text;
    let fault = if text.is_empty() {
        "an option with an empty key cannot be told from \"not set\"; give it a key, or make the \
         property `Option<...>`"
            .to_owned()
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!(
            "the key `{text}` has only digits, and the portal turns such keys into list indexes; \
             write `n{text}` or another word with a letter in it"
        )
    } else if text.trim() != text {
        format!("the key `{text}` begins or ends with a space; remove it")
    } else {
        return;
    };
    ctxt.error(key.span, fault);
}

fn refuse_generics(ctxt: &Ctxt, select: &Select<'_>) {
    for param in &select.input.generics.params {
        let GenericParam::Lifetime(_) = param else {
            ctxt.error_at(
                param,
                "an enum of options has a fixed set of keys and cannot be generic; remove the \
                 parameter",
            );
            continue;
        };
        ctxt.error_at(
            param,
            "an enum of options borrows nothing; remove the lifetime",
        );
    }
}
