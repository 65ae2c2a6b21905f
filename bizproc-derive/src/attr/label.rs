//! Texts that people read: doc comments, `name = "…"`, `name(ru = "…")`, `description(…)`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Ident, Lit, LitStr, Meta, Token};

use super::tokens::{key_of, whole};
use super::value::text;
use crate::ctxt::Ctxt;

/// A text in each given language, `en` first.
#[derive(Clone, Default)]
pub(crate) struct Label(pub(crate) Vec<(String, String)>);

/// The texts of one attribute key, collected while the attributes are read.
pub(crate) struct Labels {
    key: &'static str,
    texts: Vec<(String, String, Span)>,
}

impl Labels {
    pub(crate) fn new(key: &'static str) -> Self {
        Self {
            key,
            texts: Vec::new(),
        }
    }

    /// Adds the English text of `name = "…"`, or the languages of `name(ru = "…", de = "…")`.
    pub(crate) fn read(&mut self, ctxt: &Ctxt, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.input.peek(Token![=]) {
            let literal = text(meta)?;
            self.add(ctxt, "en".to_owned(), &literal, literal.span());
            return Ok(());
        }
        if !meta.input.peek(syn::token::Paren) {
            let key = key_of(&meta.path);
            return Err(meta.error(format!(
                "expected `{key} = \"...\"` for English or `{key}(ru = \"...\", de = \"...\")`"
            )));
        }
        let content;
        syn::parenthesized!(content in meta.input);
        whole(&content, |content| self.read_languages(ctxt, content))
    }

    fn read_languages(&mut self, ctxt: &Ctxt, content: ParseStream<'_>) -> syn::Result<()> {
        let key = self.key;
        while !content.is_empty() {
            let language = content.call(Ident::parse_any).map_err(|error| {
                let message = format!(
                    "expected a language and a text, `{key}(ru = \"...\")`; English alone is \
                     `{key} = \"...\"`"
                );
                syn::Error::new(error.span(), message)
            })?;
            let literal = content
                .parse::<Token![=]>()
                .and_then(|_| content.parse::<LitStr>())
                .map_err(|error| {
                    let message = format!("expected a text: `{key}({language} = \"...\")`");
                    syn::Error::new(error.span(), message)
                })?;
            self.add_language(ctxt, &language, &literal);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn add_language(&mut self, ctxt: &Ctxt, language: &Ident, literal: &LitStr) {
        let code = crate::name::unraw(language).to_lowercase();
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let key = self.key;
            ctxt.error_at(
                language,
                format!(
                    "`{language}` is no language of a portal: use its two letters, as in \
                     `{key}(en = \"...\", ru = \"...\", de = \"...\")`"
                ),
            );
            return;
        }
        self.add(ctxt, code, literal, language.span());
    }

    fn add(&mut self, ctxt: &Ctxt, language: String, literal: &LitStr, span: Span) {
        let key = self.key;
        let value = literal.value();
        if value.trim().is_empty() {
            ctxt.error_at(
                literal,
                format!(
                    "the `{language}` text of `{key}` is empty: people would see a blank label"
                ),
            );
        } else if value.trim() != value {
            ctxt.error_at(
                literal,
                format!("the `{language}` text of `{key}` begins or ends with a space; remove it"),
            );
        } else if self.texts.iter().any(|(known, ..)| *known == language) {
            ctxt.error(
                span,
                format!("`{key}` has two `{language}` texts; keep one of the two"),
            );
        } else {
            self.texts.push((language, value, span));
        }
    }

    /// All texts; the English one from the attribute, else from `fallback`.
    pub(crate) fn into_label(self, fallback: Option<String>) -> Label {
        let mut all: Vec<_> = self
            .texts
            .into_iter()
            .map(|(language, text, _)| (language, text))
            .collect();
        let english = all.iter().position(|(language, _)| language == "en");
        match (english, fallback) {
            (Some(index), _) => {
                let english = all.remove(index);
                all.insert(0, english);
            }
            (None, Some(text)) => all.insert(0, ("en".to_owned(), text)),
            (None, None) => {}
        }
        Label(all)
    }

    /// Whether the attributes gave any text.
    pub(crate) fn is_given(&self) -> bool {
        !self.texts.is_empty()
    }

    /// The place of the first text, if none is in English.
    pub(crate) fn lacks_english(&self) -> Option<Span> {
        let english = self.texts.iter().any(|(language, ..)| language == "en");
        self.texts
            .first()
            .filter(|_| !english)
            .map(|(.., span)| *span)
    }
}

/// A doc comment: its first line is the name, the rest the description.
#[derive(Default)]
pub(crate) struct Doc {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
}

impl Doc {
    pub(crate) fn from_attributes(attributes: &[Attribute]) -> Self {
        let text = attributes
            .iter()
            .filter_map(doc_line)
            .collect::<Vec<_>>()
            .join("\n");
        let mut lines = text
            .lines()
            .map(str::trim)
            .skip_while(|line| line.is_empty());
        let name = lines
            .next()
            .map(without_full_stop)
            .filter(|line| !line.is_empty());
        let description = paragraphs(lines);
        Self {
            name,
            description: (!description.is_empty()).then_some(description),
        }
    }
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    match &meta.value {
        Expr::Lit(literal) if meta.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The line without its full stop: rustdoc wants one, a label has none.
fn without_full_stop(line: &str) -> String {
    line.strip_suffix('.')
        .filter(|rest| !rest.ends_with('.'))
        .unwrap_or(line)
        .to_owned()
}

/// Lines of one paragraph joined by a space, paragraphs by a line break.
fn paragraphs<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut separator = "";
    for line in lines {
        if line.is_empty() {
            separator = "\n";
            continue;
        }
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(line);
        separator = " ";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn the_first_line_names_and_the_rest_describes() {
        let item: syn::ItemStruct = parse_quote! {
            /// MD5 generator.
            ///
            /// Returns the MD5 hash
            /// of a string.
            ///
            /// Slowly.
            struct Robot;
        };
        let doc = Doc::from_attributes(&item.attrs);
        assert_eq!(doc.name.as_deref(), Some("MD5 generator"));
        let description = "Returns the MD5 hash of a string.\nSlowly.";
        assert_eq!(doc.description.as_deref(), Some(description));
    }

    #[test]
    fn no_comment_is_no_text() {
        let item: syn::ItemStruct = parse_quote! { struct Robot; };
        let doc = Doc::from_attributes(&item.attrs);
        assert_eq!((doc.name, doc.description), (None, None));
    }

    #[test]
    fn an_ellipsis_keeps_its_dots() {
        assert_eq!(without_full_stop("Wait..."), "Wait...");
    }
}
