//! `filter(include = […], exclude = […])`: where a robot is offered.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Token};

use super::{Attr, key_of, span_of};
use crate::ctxt::Ctxt;
use crate::name::did_you_mean;
use crate::platform::EDITIONS;

const RULE_FORMS: &str = "a rule is `[\"crm\"]`, `[\"crm\", \"CCrmDocumentDeal\"]`, \
                          `[\"crm\", \"CCrmDocumentDeal\", \"DEAL\"]`, a document type such as \
                          `DocumentType::DEAL`, or an edition, `\"b24\"` or `\"box\"`";

#[derive(Default)]
pub(crate) struct Filter {
    pub(crate) include: Vec<Rule>,
    pub(crate) exclude: Vec<Rule>,
}

pub(crate) enum Rule {
    Edition(LitStr),
    /// Module, entity and type, as many as were given.
    Prefix(Vec<LitStr>),
    /// An expression of type `DocumentType`.
    Document(Expr),
}

impl Filter {
    pub(crate) fn read(ctxt: &Ctxt, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<Self>> {
        let (mut include, mut exclude) = (Attr::new("include"), Attr::new("exclude"));
        if !meta.input.peek(syn::token::Paren) {
            return Err(meta.error(
                "expected `filter(include = [...], exclude = [...])`, at least one of the two",
            ));
        }
        meta.parse_nested_meta(|meta| {
            let list = match key_of(&meta.path).as_str() {
                "include" => &mut include,
                "exclude" => &mut exclude,
                other => {
                    let hint = did_you_mean(other, ["include", "exclude"]);
                    return Err(meta.error(format!(
                        "`filter(...)` knows no `{other}`{hint}; allowed are: `include`, `exclude`"
                    )));
                }
            };
            let rules = rules(ctxt, meta.value()?)?;
            list.set(ctxt, span_of(&meta), rules);
            Ok(())
        })?;
        if let (Some(span), Some([])) = (include.span(), include.get().map(Vec::as_slice)) {
            ctxt.error(
                span,
                "an empty `include` hides the robot everywhere; name where it is offered, or \
                 leave `include` out to offer it everywhere",
            );
        }
        Ok(Some(Self {
            include: include.into_value().unwrap_or_default(),
            exclude: exclude.into_value().unwrap_or_default(),
        }))
    }
}

fn rules(ctxt: &Ctxt, input: ParseStream<'_>) -> syn::Result<Vec<Rule>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(format!(
            "expected a list of rules in brackets; {RULE_FORMS}"
        )));
    }
    let content;
    syn::bracketed!(content in input);
    let mut rules = Vec::new();
    while !content.is_empty() {
        rules.extend(rule(ctxt, &content)?);
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    refuse_unnested(ctxt, &rules);
    Ok(rules)
}

fn rule(ctxt: &Ctxt, input: ParseStream<'_>) -> syn::Result<Option<Rule>> {
    if input.peek(LitStr) {
        return Ok(Some(Rule::Edition(input.parse()?)));
    }
    if !input.peek(syn::token::Bracket) {
        return Ok(Some(Rule::Document(input.parse()?)));
    }
    let content;
    let bracket = syn::bracketed!(content in input);
    let parts = content.parse_terminated(<LitStr as syn::parse::Parse>::parse, Token![,])?;
    let parts = parts.into_iter().collect::<Vec<_>>();
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

/// `["crm", "CCrmDocumentDeal"]` instead of `[["crm", "CCrmDocumentDeal"]]`: the portal takes
/// the two texts for editions, which match nothing, and hides the robot everywhere.
fn refuse_unnested(ctxt: &Ctxt, rules: &[Rule]) {
    for rule in rules {
        let Rule::Edition(text) = rule else { continue };
        let found = text.value();
        if !EDITIONS.contains(&found.as_str()) {
            ctxt.error_at(
                text,
                format!(
                    "`{found}` is no edition; a text by itself must be `\"b24\"` or `\"box\"`, and \
                     a document goes into brackets of its own: `[[\"crm\", \"CCrmDocumentDeal\"]]`"
                ),
            );
        }
    }
}
