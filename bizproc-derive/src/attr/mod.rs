//! Attributes as users write them: `#[robot(..)]`, `#[properties(..)]`, `#[return_values(..)]`,
//! `#[property(..)]`, `#[select(..)]`, `#[option(..)]`.
//!
//! A wrong value is reported and replaced by a neutral one, and reading continues with the next key.

mod container;
mod default;
mod filter;
mod key;
mod label;
mod property;
mod robot;
mod select;
mod tokens;
mod value;

pub(crate) use container::{ContainerAttrs, NewtypeAttrs};
pub(crate) use default::{Default, DefaultItem, Failure};
pub(crate) use filter::{Filter, Rule};
pub(crate) use key::misplaced;
pub(crate) use label::{Doc, Label, Labels};
pub(crate) use property::{OptionEntry, PropertyAttrs};
pub(crate) use robot::{DocumentType, Kind, RobotAttrs, Wait};
pub(crate) use select::OptionAttrs;
