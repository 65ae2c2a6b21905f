//! `#[robot(..)]` on a robot's struct.

use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::{Attribute, Expr, LitInt, LitStr, Path, Token, Type};

use super::filter::Filter;
use super::key::{Attr, each_key};
use super::label::Labels;
use super::tokens::{span_of, whole};
use super::value::{crate_path, rename_all, text, value, word};
use crate::ctxt::Ctxt;
use crate::name::RenameRule;

/// `kind = …`
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Robot,
    Activity,
}

/// `wait = …`
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Always,
    Never,
    AuthorDecides,
}

const KINDS: &[(&str, Kind)] = &[("robot", Kind::Robot), ("activity", Kind::Activity)];

const WAITS: &[(&str, Wait)] = &[
    ("always", Wait::Always),
    ("never", Wait::Never),
    ("author", Wait::AuthorDecides),
];

const RETURNS_FORM: &str = "the type of the return values: `returns = Invoice`";

const ROBOT_KEYS: &[&str] = &[
    "code",
    "kind",
    "name",
    "description",
    "returns",
    "wait",
    "handler",
    "placement",
    "auth_user_id",
    "document_type",
    "filter",
    "rename_all",
    "crate",
];

/// The keys of `#[robot(..)]`.
pub(crate) struct RobotAttrs {
    pub(crate) code: Attr<LitStr>,
    pub(crate) kind: Attr<Kind>,
    pub(crate) name: Labels,
    pub(crate) description: Labels,
    pub(crate) returns: Attr<Type>,
    pub(crate) wait: Attr<Wait>,
    pub(crate) handler: Attr<LitStr>,
    pub(crate) placement: Attr<LitStr>,
    pub(crate) auth_user_id: Attr<LitInt>,
    pub(crate) document_type: Attr<DocumentType>,
    pub(crate) filter: Attr<Filter>,
    pub(crate) rename_all: Attr<RenameRule>,
    pub(crate) krate: Attr<Path>,
    /// Whether a part of `#[robot(..)]` could not be read: a missing key may be in that part.
    pub(crate) faulty: bool,
}

impl RobotAttrs {
    pub(crate) fn from_attributes(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self {
            code: Attr::new("code"),
            kind: Attr::new("kind"),
            name: Labels::new("name"),
            description: Labels::new("description"),
            returns: Attr::new("returns"),
            wait: Attr::new("wait"),
            handler: Attr::new("handler"),
            placement: Attr::new("placement"),
            auth_user_id: Attr::new("auth_user_id"),
            document_type: Attr::new("document_type"),
            filter: Attr::new("filter"),
            rename_all: Attr::new("rename_all"),
            krate: Attr::new("crate"),
            faulty: false,
        };
        let errors = ctxt.count();
        each_key(ctxt, attributes, "robot", ROBOT_KEYS, |key, meta| {
            attrs.read(ctxt, key, meta)
        });
        attrs.faulty = ctxt.count() > errors;
        attrs
    }

    fn read(&mut self, ctxt: &Ctxt, key: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
        let span = span_of(meta);
        match key {
            "code" => self.code.set(ctxt, span, text(meta)?),
            "kind" => {
                if let Some(kind) = word(ctxt, meta, KINDS)? {
                    self.kind.set(ctxt, span, kind);
                }
            }
            "name" => self.name.read(ctxt, meta)?,
            "description" => self.description.read(ctxt, meta)?,
            "returns" => self.returns.set(ctxt, span, value(meta, RETURNS_FORM)?),
            "wait" => {
                if let Some(wait) = word(ctxt, meta, WAITS)? {
                    self.wait.set(ctxt, span, wait);
                }
            }
            "handler" => self.handler.set(ctxt, span, text(meta)?),
            "placement" => self.placement.set(ctxt, span, text(meta)?),
            "auth_user_id" => {
                self.auth_user_id.set(ctxt, span, user_id(meta)?);
            }
            "document_type" => self
                .document_type
                .set(ctxt, span, DocumentType::from_meta(meta)?),
            "filter" => {
                if let Some(filter) = Filter::from_meta(ctxt, meta)? {
                    self.filter.set(ctxt, span, filter);
                }
            }
            "rename_all" => rename_all(ctxt, meta, &mut self.rename_all)?,
            "crate" => crate_path(ctxt, meta, &mut self.krate)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The value of `auth_user_id`.
fn user_id(meta: &ParseNestedMeta<'_>) -> syn::Result<LitInt> {
    const FORM: &str = "the number of a user: `auth_user_id = 1`";
    let literal = value::<LitInt>(meta, FORM)?;
    match literal.base10_digits().parse::<u64>() {
        Ok(1..) if literal.suffix().is_empty() => Ok(literal),
        Ok(0) => Err(syn::Error::new(
            literal.span(),
            "user 0 means that calls come without tokens; name a user, or remove `auth_user_id` to \
             get the tokens of the user who installs the application",
        )),
        _ => Err(syn::Error::new(literal.span(), format!("expected {FORM}"))),
    }
}

/// `document_type = …`
pub(crate) enum DocumentType {
    /// `["crm", "CCrmDocumentDeal", "DEAL"]`, as the platform writes it.
    Triple([LitStr; 3]),
    /// An expression of type `DocumentType`.
    Constant(Expr),
}

impl DocumentType {
    fn from_meta(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        const FORMS: &str = "a document type is a constant such as `DocumentType::DEAL`, or three \
                             texts, none empty: `[\"crm\", \"CCrmDocumentDeal\", \"DEAL\"]`";
        if !meta.input.peek(Token![=]) {
            return Err(meta.error(FORMS));
        }
        let input = meta.value()?;
        if input.peek(LitStr) {
            return Err(input.error(FORMS));
        }
        if !input.peek(syn::token::Bracket) {
            return input.parse().map(Self::Constant);
        }
        let content;
        let bracket = syn::bracketed!(content in input);
        whole(&content, |content| {
            content.parse_terminated(<LitStr as Parse>::parse, Token![,])
        })
        .ok()
        .and_then(|parts| <[LitStr; 3]>::try_from(parts.into_iter().collect::<Vec<_>>()).ok())
        .filter(|parts| parts.iter().all(|part| !part.value().is_empty()))
        .map(Self::Triple)
        .ok_or_else(|| syn::Error::new(bracket.span.join(), FORMS))
    }
}
