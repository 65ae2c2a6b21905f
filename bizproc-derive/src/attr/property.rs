//! `#[property(..)]` on a field.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, Ident, Lit, LitStr, Token};

use super::{Attr, Labels, each_key, span_of, text};
use crate::ctxt::Ctxt;
use crate::model::Id;
use crate::name::unraw;

const KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "type",
    "text",
    "required",
    "options",
    "default",
    "flatten",
];

pub(crate) struct PropertyAttrs {
    pub(crate) id: Attr<LitStr>,
    pub(crate) name: Labels,
    pub(crate) description: Labels,
    pub(crate) type_name: Attr<LitStr>,
    pub(crate) text: Attr<()>,
    pub(crate) required: Attr<()>,
    pub(crate) options: Attr<Vec<OptionEntry>>,
    pub(crate) default: Attr<Default>,
    pub(crate) flatten: Attr<()>,
}

/// One entry of `options(pdf = "PDF", "other key" = "Other")`.
pub(crate) struct OptionEntry {
    pub(crate) key: Id,
    pub(crate) title: LitStr,
}

const OPTION_FORMS: &str = "`options(key = \"Title\", \"other key\" = \"Title\")`";

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
            options: Attr::new("options"),
            default: Attr::new("default"),
            flatten: Attr::new("flatten"),
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
            "options" => self.options.set(ctxt, span, options(meta)?),
            "flatten" => self.flatten.set(ctxt, span, flag(meta)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A key that says nothing beside `flatten`.
    pub(crate) fn beside_flatten(&self) -> Option<&'static str> {
        let given = [
            ("id", self.id.span().is_some()),
            ("type", self.type_name.span().is_some()),
            ("text", self.text.span().is_some()),
            ("required", self.required.span().is_some()),
            ("options", self.options.span().is_some()),
            ("default", self.default.span().is_some()),
            ("name", self.name.is_given()),
            ("description", self.description.is_given()),
        ];
        given
            .into_iter()
            .find(|(_, given)| *given)
            .map(|(key, _)| key)
    }
}

/// `options(pdf = "PDF", "other key" = "Other")`: keys are names or texts.
fn options(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<OptionEntry>> {
    if !meta.input.peek(syn::token::Paren) {
        return Err(meta.error(format!("expected {OPTION_FORMS}")));
    }
    let content;
    syn::parenthesized!(content in meta.input);
    let entries = super::whole(&content, |content| {
        content.parse_terminated(OptionEntry::parse, Token![,])
    })?;
    Ok(entries.into_iter().collect())
}

impl OptionEntry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = if input.peek(LitStr) {
            let literal = input.parse::<LitStr>()?;
            Id {
                text: literal.value(),
                span: literal.span(),
            }
        } else {
            let ident = input.call(Ident::parse_any)?;
            Id {
                text: unraw(&ident),
                span: ident.span(),
            }
        };
        let title = input.parse::<Token![=]>().and_then(|_| input.parse());
        let title = title.map_err(|error| {
            let message = format!("expected the option's title: {OPTION_FORMS}");
            syn::Error::new(error.span(), message)
        })?;
        Ok(Self { key, title })
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
        let items = super::whole(&content, |content| {
            content.parse_terminated(DefaultItem::parse, Token![,])
        })?;
        Ok(Self::List(items.into_iter().collect()))
    }
}

impl DefaultItem {
    /// Where it was written.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Text(_, span) => *span,
            Self::Variant(expr) => expr.span(),
        }
    }

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
