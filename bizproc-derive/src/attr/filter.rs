//! `filter(include = […], exclude = […])`: the documents and editions that a robot is offered in.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, LitStr, Token};

use super::key::Attr;
use super::tokens::{key_of, skip_to_comma, span_of, whole};
use crate::ctxt::Ctxt;
use crate::name::allowed_instead;
use crate::platform::EDITIONS;

const RULE_FORMS: &str = "a rule is `[\"crm\"]`, `[\"crm\", \"CCrmDocumentDeal\"]`, \
                          `[\"crm\", \"CCrmDocumentDeal\", \"DEAL\"]`, a document type such as \
                          `DocumentType::DEAL`, or an edition, `\"b24\"` or `\"box\"`";

/// The rules of a robot's filter.
#[derive(Default)]
pub(crate) struct Filter {
    pub(crate) include: Vec<Rule>,
    pub(crate) exclude: Vec<Rule>,
}

/// One rule of a filter.
pub(crate) enum Rule {
    /// `"b24"` or `"box"`.
    Edition(LitStr),
    /// The module, and the entity and the type if they were given.
    Prefix(Vec<LitStr>),
    /// An expression of type `DocumentType`.
    Document(Expr),
}

impl Filter {
    pub(crate) fn from_meta(ctxt: &Ctxt, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<Self>> {
        if !meta.input.peek(syn::token::Paren) {
            return Err(meta.error(
                "expected `filter(include = [...], exclude = [...])`, at least one of the two",
            ));
        }
        let mut include = Attr::new("include");
        let mut exclude = Attr::new("exclude");
        meta.parse_nested_meta(|meta| {
            let key = key_of(&meta.path);
            let list = match key.as_str() {
                "include" => &mut include,
                "exclude" => &mut exclude,
                other => {
                    let allowed = allowed_instead(other, ["include", "exclude"]);
                    ctxt.error_at(
                        &meta.path,
                        format!("`filter(...)` knows no `{other}`{allowed}"),
                    );
                    return skip_to_comma(meta.input);
                }
            };
            let rules = whole(meta.input, |_| parse_rules(ctxt, &meta))?;
            if rules.is_empty() && key == "include" {
                ctxt.error_at(
                    &meta.path,
                    "an empty `include` hides the robot everywhere; name where it is offered, or \
                     leave `include` out to offer it everywhere",
                );
            }
            list.set(ctxt, span_of(&meta), rules);
            Ok(())
        })?;
        let readable = |rules: Attr<Vec<Option<Rule>>>| {
            rules
                .into_value()
                .unwrap_or_default()
                .into_iter()
                .flatten()
                .collect()
        };
        Ok(Some(Self {
            include: readable(include),
            exclude: readable(exclude),
        }))
    }
}

/// The rules as written; `None` stands for a rule that was reported.
fn parse_rules(ctxt: &Ctxt, meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Option<Rule>>> {
    let expected = format!("expected a list of rules in brackets; {RULE_FORMS}");
    if !meta.input.peek(Token![=]) {
        return Err(meta.error(expected));
    }
    let input = meta.value()?;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(expected));
    }
    let content;
    syn::bracketed!(content in input);
    let rules = whole(&content, |content| {
        let mut rules = Vec::new();
        while !content.is_empty() {
            rules.push(parse_rule(ctxt, content)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(rules)
    })?;
    refuse_unnested(ctxt, &rules);
    Ok(rules)
}

fn parse_rule(ctxt: &Ctxt, input: ParseStream<'_>) -> syn::Result<Option<Rule>> {
    if input.peek(LitStr) {
        return Ok(Some(Rule::Edition(input.parse()?)));
    }
    if !input.peek(syn::token::Bracket) {
        return Ok(Some(Rule::Document(input.parse()?)));
    }
    let content;
    let bracket = syn::bracketed!(content in input);
    let parts: Vec<LitStr> = whole(&content, |content| {
        content.parse_terminated(<LitStr as Parse>::parse, Token![,])
    })
    .map_or_else(|_| Vec::new(), |parts| parts.into_iter().collect());
    let usable =
        (1..=3).contains(&parts.len()) && parts.iter().all(|part| !part.value().is_empty());
    if !usable {
        let span: Span = bracket.span.join();
        ctxt.error(
            span,
            format!("a rule has one to three texts, none empty; {RULE_FORMS}"),
        );
        return Ok(None);
    }
    Ok(Some(Rule::Prefix(parts)))
}

/// Reports `["crm", "CCrmDocumentDeal"]` in place of `[["crm", "CCrmDocumentDeal"]]`: the portal
/// reads the two texts as editions, which match nothing, and hides the robot everywhere.
fn refuse_unnested(ctxt: &Ctxt, rules: &[Option<Rule>]) {
    let texts: Vec<_> = rules
        .iter()
        .filter_map(|rule| match rule {
            Some(Rule::Edition(text)) => Some(text),
            _ => None,
        })
        .collect();
    let Some(wrong) = texts
        .iter()
        .find(|text| !EDITIONS.contains(&text.value().as_str()))
    else {
        return;
    };
    let quoted: Vec<_> = texts
        .iter()
        .map(|text| format!("\"{}\"", text.value()))
        .collect();
    let found = wrong.value();
    let document = quoted.join(", ");
    ctxt.error_at(
        wrong,
        format!(
            "`{found}` is no edition; a text by itself must be `\"b24\"` or `\"box\"`, and a \
             document goes into brackets of its own: `[[{document}]]`"
        ),
    );
}
