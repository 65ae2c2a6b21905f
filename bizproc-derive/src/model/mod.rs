//! The items as plain facts with their places: a robot, its properties, its return values, the
//! options of an enum.

mod field;
mod newtype;
mod select;
mod texts;

use proc_macro2::{Ident, Span};
use syn::{DeriveInput, Generics, LitInt, LitStr, Path, Type};

pub(crate) use field::{Field, Property};
pub(crate) use newtype::{Member, Newtype};
pub(crate) use select::Select;

use crate::attr::{ContainerAttrs, DocumentType, Filter, Kind, Label, RobotAttrs, Wait, misplaced};
use crate::ctxt::Ctxt;
use texts::Texts;

/// A struct that derives `Robot`.
pub(crate) struct Robot<'a> {
    pub(crate) group: Group<'a>,
    pub(crate) code: Option<LitStr>,
    /// Whether a part of the attributes could not be read: the code may be in that part.
    pub(crate) faulty: bool,
    pub(crate) kind: Kind,
    pub(crate) name: Label,
    pub(crate) description: Label,
    pub(crate) returns: Option<Type>,
    pub(crate) wait: Option<(Wait, Span)>,
    pub(crate) handler: Option<LitStr>,
    pub(crate) placement: Option<LitStr>,
    pub(crate) auth_user_id: Option<LitInt>,
    pub(crate) document_type: Option<DocumentType>,
    pub(crate) filter: Option<(Filter, Span)>,
}

/// A struct whose fields are properties or return values.
pub(crate) struct Group<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) krate: Option<Path>,
    pub(crate) fields: Vec<Field<'a>>,
}

impl<'a> Robot<'a> {
    pub(crate) fn from_input(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attrs = RobotAttrs::from_attributes(ctxt, &input.attrs);
        misplaced(
            ctxt,
            &input.attrs,
            &["property"],
            "a robot's struct takes `#[robot(...)]`",
        );
        let rename = attrs.rename_all.get().copied();
        let texts = Texts::new(
            ctxt,
            &input.attrs,
            &input.ident,
            attrs.name,
            attrs.description,
        );
        Self {
            group: Group {
                ident: &input.ident,
                generics: &input.generics,
                krate: attrs.krate.into_value(),
                fields: field::named_fields(ctxt, input, "Robot", rename),
            },
            code: attrs.code.into_value(),
            faulty: attrs.faulty,
            kind: attrs.kind.into_value().unwrap_or(Kind::Robot),
            name: texts.name,
            description: texts.description,
            returns: attrs.returns.into_value(),
            wait: attrs.wait.into_spanned(),
            handler: attrs.handler.into_value(),
            placement: attrs.placement.into_value(),
            auth_user_id: attrs.auth_user_id.into_value(),
            document_type: attrs.document_type.into_value(),
            filter: attrs.filter.into_spanned(),
        }
    }
}

impl<'a> Group<'a> {
    /// The struct that derives `Properties` or `ReturnValues`; `namespace` names its attributes.
    pub(crate) fn from_input(
        ctxt: &Ctxt,
        input: &'a DeriveInput,
        derive: &str,
        namespace: &'static str,
    ) -> Self {
        let attrs = ContainerAttrs::from_attributes(ctxt, &input.attrs, namespace);
        let right = format!("this struct takes `#[{namespace}(...)]`");
        misplaced(ctxt, &input.attrs, &["property"], &right);
        let rename = attrs.rename_all.get().copied();
        Self {
            ident: &input.ident,
            generics: &input.generics,
            krate: attrs.krate.into_value(),
            fields: field::named_fields(ctxt, input, derive, rename),
        }
    }
}
