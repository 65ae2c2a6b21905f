//! `#[property(..)]` on a field.

use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Token};

use super::default::{Default, Failure};
use super::key::{Attr, each_key};
use super::label::Labels;
use super::tokens::{key_of, span_of, whole};
use super::value::text;
use crate::ctxt::Ctxt;
use crate::name::{Id, unraw};

const KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "type",
    "text",
    "required",
    "options",
    "default",
    "failure",
    "flatten",
];

/// The keys of `#[property(..)]` on a field.
pub(crate) struct PropertyAttrs {
    pub(crate) id: Attr<LitStr>,
    pub(crate) name: Labels,
    pub(crate) description: Labels,
    pub(crate) type_name: Attr<LitStr>,
    pub(crate) text: Attr<()>,
    pub(crate) required: Attr<()>,
    pub(crate) options: Attr<Vec<OptionEntry>>,
    pub(crate) default: Attr<Default>,
    pub(crate) failure: Attr<Failure>,
    pub(crate) flatten: Attr<()>,
}

/// One entry of `options(pdf = "PDF", "other key" = "Other")`.
pub(crate) struct OptionEntry {
    pub(crate) key: Id,
    pub(crate) title: LitStr,
}

const OPTION_FORMS: &str = "`options(key = \"Title\", \"other key\" = \"Title\")`";

impl PropertyAttrs {
    pub(crate) fn from_attributes(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self {
            id: Attr::new("id"),
            name: Labels::new("name"),
            description: Labels::new("description"),
            type_name: Attr::new("type"),
            text: Attr::new("text"),
            required: Attr::new("required"),
            options: Attr::new("options"),
            default: Attr::new("default"),
            failure: Attr::new("failure"),
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
            "default" => self.default.set(ctxt, span, Default::from_meta(meta)?),
            "failure" => self.failure.set(ctxt, span, Failure::from_meta(meta)?),
            "options" => self.options.set(ctxt, span, parse_options(meta)?),
            "flatten" => self.flatten.set(ctxt, span, flag(meta)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A given key that has no meaning beside `flatten`.
    pub(crate) fn beside_flatten(&self) -> Option<&'static str> {
        [
            ("id", self.id.span().is_some()),
            ("type", self.type_name.span().is_some()),
            ("text", self.text.span().is_some()),
            ("required", self.required.span().is_some()),
            ("options", self.options.span().is_some()),
            ("default", self.default.span().is_some()),
            ("failure", self.failure.span().is_some()),
            ("name", self.name.is_given()),
            ("description", self.description.is_given()),
        ]
        .into_iter()
        .find(|(_, is_given)| *is_given)
        .map(|(key, _)| key)
    }
}

/// `options(pdf = "PDF", "other key" = "Other")`; a key is a name or a text.
fn parse_options(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<OptionEntry>> {
    if !meta.input.peek(syn::token::Paren) {
        return Err(meta.error(format!("expected {OPTION_FORMS}")));
    }
    let content;
    syn::parenthesized!(content in meta.input);
    let entries = whole(&content, |content| {
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
        let title = input
            .parse::<Token![=]>()
            .and_then(|_| input.parse())
            .map_err(|error| {
                let message = format!("expected the option's title: {OPTION_FORMS}");
                syn::Error::new(error.span(), message)
            })?;
        Ok(Self { key, title })
    }
}

/// A key without a value.
fn flag(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.is_empty() || meta.input.peek(Token![,]) {
        return Ok(());
    }
    let key = key_of(&meta.path);
    Err(meta.error(format!("`{key}` stands alone: `#[property({key})]`")))
}
