//! The values of a property that attributes give: `default = ...` and `failure = ...`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Expr, Lit, Token, UnOp};

use super::tokens::whole;

const DEFAULT_FORMS: &str = "a default is a text, a number, `true`, `false`, a variant of the \
                             field's enum, or a list of these in brackets";

const FAILURE_FORMS: &str = "write `failure` for the error's text, or `failure = ...` with a text, a \
                             number, `true`, `false`, a value of the field's type, or a list of \
                             these in brackets";

/// `default = …`: one value, or a list for a multiple property.
pub(crate) enum Default {
    One(DefaultItem),
    List(Vec<DefaultItem>),
}

/// One value of `default = …` or `failure = …`.
pub(crate) enum DefaultItem {
    /// A literal in the platform's own form: `true` is `Y`, `5` is `5`.
    Text(String, Span),
    /// A variant of the field's enum, such as `Format::Pdf`; for `failure`, any expression.
    Expr(Expr),
}

/// The value that a return value has after the robot failed.
pub(crate) enum Failure {
    /// `failure`: the text of the error.
    Message,
    /// `failure = …`
    Value(Default),
}

impl Default {
    pub(super) fn from_meta(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        if !meta.input.peek(Token![=]) {
            return Err(meta.error(format!("expected `default = ...`: {DEFAULT_FORMS}")));
        }
        Self::parse(meta.value()?, |input| {
            DefaultItem::parse(input, DEFAULT_FORMS)
        })
    }

    fn parse(
        input: ParseStream<'_>,
        item: fn(ParseStream<'_>) -> syn::Result<DefaultItem>,
    ) -> syn::Result<Self> {
        if !input.peek(syn::token::Bracket) {
            return item(input).map(Self::One);
        }
        let content;
        syn::bracketed!(content in input);
        let items = whole(&content, |content| {
            content.parse_terminated(item, Token![,])
        })?;
        Ok(Self::List(items.into_iter().collect()))
    }
}

impl DefaultItem {
    /// The place where it was written.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Text(_, span) => *span,
            Self::Expr(expr) => expr.span(),
        }
    }

    fn parse(input: ParseStream<'_>, forms: &str) -> syn::Result<Self> {
        let start = input.span();
        // The parser's own error would not say which forms are allowed.
        let expr = input
            .parse::<Expr>()
            .map_err(|_| syn::Error::new(start, forms))?;
        let (negative, literal) = match ungrouped(&expr) {
            Expr::Lit(literal) => (false, &literal.lit),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
                match ungrouped(&unary.expr) {
                    Expr::Lit(literal) => (true, &literal.lit),
                    _ => return Ok(Self::Expr(expr)),
                }
            }
            _ => return Ok(Self::Expr(expr)),
        };
        let sign = if negative { "-" } else { "" };
        let text = match literal {
            Lit::Str(text) if !negative => text.value(),
            Lit::Bool(flag) if !negative => if flag.value { "Y" } else { "N" }.to_owned(),
            Lit::Int(number) => format!("{sign}{}", number.base10_digits()),
            Lit::Float(number) => format!("{sign}{}", number.base10_digits()),
            _ => return Err(syn::Error::new(literal.span(), forms)),
        };
        Ok(Self::Text(text, literal.span()))
    }
}

/// The expression without the invisible group that `macro_rules!` puts around it.
fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        other => other,
    }
}

impl Failure {
    pub(super) fn from_meta(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        if meta.input.is_empty() || meta.input.peek(Token![,]) {
            return Ok(Self::Message);
        }
        if !meta.input.peek(Token![=]) {
            return Err(meta.error(FAILURE_FORMS));
        }
        let value = Default::parse(meta.value()?, |input| {
            DefaultItem::parse(input, FAILURE_FORMS)
        });
        value.map(Self::Value)
    }
}
