//! `#[property(..)]` on a field.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Lit, LitStr, Token};

use super::{Attr, Labels, each_key, span_of, text};
use crate::ctxt::Ctxt;

const KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "type",
    "text",
    "required",
    "default",
];

pub(crate) struct PropertyAttrs {
    pub(crate) id: Attr<LitStr>,
    pub(crate) name: Labels,
    pub(crate) description: Labels,
    pub(crate) type_name: Attr<LitStr>,
    pub(crate) text: Attr<()>,
    pub(crate) required: Attr<()>,
    pub(crate) default: Attr<Default>,
}

const DEFAULT_FORMS: &str = "a default is a text, a number, `true`, `false`, a variant of the \
                             field's enum, or a list of these in brackets";

/// `default = …`: one value, or a list for a multiple property.
pub(crate) enum Default {
    One(DefaultItem),
    List(Vec<DefaultItem>),
}

pub(crate) enum DefaultItem {
    /// A literal in the platform's own form: `true` is `Y`, `5` is `5`.
    Text(String, Span),
    /// A variant of the field's enum, such as `Format::Pdf`.
    Variant(Expr),
}

impl PropertyAttrs {
    pub(crate) fn of(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self {
            id: Attr::new("id"),
            name: Labels::new("name"),
            description: Labels::new("description"),
            type_name: Attr::new("type"),
            text: Attr::new("text"),
            required: Attr::new("required"),
            default: Attr::new("default"),
        };
        each_key(ctxt, attributes, "property", KEYS, |key, meta| {
            attrs.read(ctxt, key, meta)
        });
        attrs
    }

    fn read(&mut self, ctxt: &Ctxt, key: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
        let span = span_of(meta);
        match key {
            "id" => self.id.set(ctxt, span, text(meta)?),
            "name" => self.name.read(ctxt, meta)?,
            "description" => self.description.read(ctxt, meta)?,
            "type" => self.type_name.set(ctxt, span, text(meta)?),
            "text" => self.text.set(ctxt, span, flag(meta)?),
            "required" => self.required.set(ctxt, span, flag(meta)?),
            "default" => self.default.set(ctxt, span, Default::read(meta)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A key that stands alone.
fn flag(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.is_empty() || meta.input.peek(Token![,]) {
        return Ok(());
    }
    let key = super::key_of(&meta.path);
    Err(meta.error(format!("`{key}` stands alone: `#[property({key})]`")))
}

impl Default {
    fn read(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        if !meta.input.peek(Token![=]) {
            return Err(meta.error(format!("expected `default = ...`: {DEFAULT_FORMS}")));
        }
        let input = meta.value()?;
        if !input.peek(syn::token::Bracket) {
            return DefaultItem::parse(input).map(Self::One);
        }
        let content;
        syn::bracketed!(content in input);
        let items = content.parse_terminated(DefaultItem::parse, Token![,])?;
        Ok(Self::List(items.into_iter().collect()))
    }
}

impl DefaultItem {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let minus = input.parse::<Option<Token![-]>>()?;
        let sign = if minus.is_some() { "-" } else { "" };
        if minus.is_none() && !input.peek(Lit) {
            return input.parse().map(Self::Variant);
        }
        let literal = input.parse::<Lit>()?;
        let value = match &literal {
            Lit::Str(text) if minus.is_none() => text.value(),
            Lit::Bool(flag) if minus.is_none() => if flag.value { "Y" } else { "N" }.to_owned(),
            Lit::Int(number) => format!("{sign}{}", number.base10_digits()),
            Lit::Float(number) => format!("{sign}{}", number.base10_digits()),
            _ => {
                return Err(syn::Error::new(literal.span(), DEFAULT_FORMS));
            }
        };
        Ok(Self::Text(value, literal.span()))
    }
}
