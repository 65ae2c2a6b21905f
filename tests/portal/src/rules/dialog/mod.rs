//! The dialogs in which an author meets a robot: where it is offered, how it is labelled, what its
//! form stores.

mod document_kind;
mod filter;
mod form;
mod form_value;
mod kind;
mod label;
mod options;
mod property;

pub(crate) use document_kind::{DOCUMENT_KINDS, DocumentKind};
pub(crate) use filter::shows;
pub(crate) use form::{Complaint, Form, field_name};
pub(crate) use form_value::is_expression;
pub(crate) use kind::Kind;
pub(crate) use label::{languages, shown};
pub(crate) use property::Property;
