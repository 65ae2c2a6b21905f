//! The rules for a robot's own attributes.

use proc_macro2::Span;
use syn::LitStr;

use super::fields;
use crate::attr::{Filter, Kind, Rule, Wait};
use crate::ctxt::Ctxt;
use crate::model::Robot;
use crate::name::allowed_instead;
use crate::platform::{CODE_MAX_CHARS, EDITIONS, ENTITIES, GENERIC_CODES, PATH_MAX_CHARS};

/// Checks a robot and its properties.
pub(crate) fn robot(ctxt: &Ctxt, robot: &Robot<'_>) {
    match &robot.code {
        Some(code) => {
            check_code(ctxt, code);
            if robot.placement.is_some() {
                check_vendor(ctxt, code);
            }
        }
        None if robot.faulty => {}
        None => ctxt.error_at(
            robot.group.ident,
            "missing `code`, the robot's name inside the application, which workflow templates \
             store: add `#[robot(code = \"vendor_robot\")]`",
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
    if let (Some((wait, span)), Some(_)) = (robot.wait, &robot.returns) {
        check_wait(ctxt, robot.kind, wait, span);
    }
    if let Some((filter, span)) = &robot.filter {
        check_filter(ctxt, filter, *span);
    }
    fields::properties(ctxt, &robot.group.fields);
}

fn check_wait(ctxt: &Ctxt, kind: Kind, wait: Wait, span: Span) {
    match (wait, kind) {
        (Wait::Never, _) => ctxt.error(
            span,
            "`wait = never` with `returns`: a workflow that does not wait can never receive the \
             return values; remove `wait`, or remove `returns`",
        ),
        (Wait::AuthorDecides, Kind::Robot) => ctxt.error(
            span,
            "`wait = author` with `returns`: only the designer of activities asks its author, and \
             an automation rule then does not wait for the return values; remove `wait`, or write \
             `kind = activity`",
        ),
        _ => {}
    }
}

fn check_filter(ctxt: &Ctxt, filter: &Filter, span: Span) {
    for rule in filter.include.iter().chain(&filter.exclude) {
        if let Rule::Prefix(parts) = rule {
            check_entity(ctxt, parts);
        }
    }
    let excludes = |edition: &str| {
        filter
            .exclude
            .iter()
            .any(|rule| matches!(rule, Rule::Edition(text) if text.value() == edition))
    };
    if EDITIONS.iter().all(|edition| excludes(edition)) {
        ctxt.error(
            span,
            "`exclude` with both `\"b24\"` and `\"box\"` hides the robot everywhere, because there are no \
             other editions; remove one of the two",
        );
    }
}

/// A rule for an unknown document matches nothing: it hides the robot everywhere, or nowhere.
fn check_entity(ctxt: &Ctxt, parts: &[LitStr]) {
    let Some((module, rest)) = parts.split_first() else {
        return;
    };
    let name = module.value();
    let known = ENTITIES.iter().find(|(known, _)| *known == name);
    let Some((_, entities)) = known else {
        let allowed = allowed_instead(&name, ENTITIES.iter().map(|(known, _)| *known));
        let message = format!("no module `{name}` has documents{allowed}{OTHER_DOCUMENTS}");
        return ctxt.error_at(module, message);
    };
    if let Some(entity) = rest.first()
        && !entities.contains(&entity.value().as_str())
    {
        let found = entity.value();
        let allowed = allowed_instead(&found, entities.iter().copied());
        let message = format!("`{name}` has no entity `{found}`{allowed}{OTHER_DOCUMENTS}");
        ctxt.error_at(entity, message);
    }
}

const OTHER_DOCUMENTS: &str =
    "; a document that is missing here is `DocumentType::custom(\"module\", \"Entity\", \"TYPE\")`";

/// The portal identifies the settings pages of all vendors by the robot's code alone.
fn check_vendor(ctxt: &Ctxt, literal: &LitStr) {
    let code = literal.value();
    if GENERIC_CODES
        .iter()
        .any(|generic| generic.eq_ignore_ascii_case(&code))
    {
        ctxt.error_at(
            literal,
            format!(
                "with `placement` the code must be unique among all vendors, and another \
                 application may have `{code}` too; put a prefix of yours before it: \
                 `vendor_{code}`"
            ),
        );
    }
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
        "the portal treats the code `0` as empty; write a name such as `vendor_robot`".to_owned()
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

/// `handler` and `placement` must be paths below the application's public address.
fn check_path(ctxt: &Ctxt, key: &str, literal: &LitStr) {
    let path = literal.value();
    let length = path.chars().count();
    let fault = if path.contains("://") {
        format!(
            "`{key}` is a path below the application's public address, not an address: the host \
             is given once, when the application starts; write `{key} = \"/path\"`"
        )
    } else if path
        .split('/')
        .next()
        .is_some_and(|first| first.contains('.'))
    {
        format!(
            "`{key}` is a path below the application's public address, and the host is given once, \
             when the application starts; write `{key} = \"/path\"`"
        )
    } else if !path.starts_with('/') || path.len() < 2 || path.contains("//") {
        format!(
            "`{key}` is a path that begins with one `/` and has no empty part, such as `{key} = \"/robots/invoice\"`"
        )
    } else if length > PATH_MAX_CHARS {
        format!(
            "`{key}` has {length} characters; the portal stores addresses of at most 1000, which \
             leaves {PATH_MAX_CHARS} for a path"
        )
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
