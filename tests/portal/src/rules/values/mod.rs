//! Values of properties: to the handler, and back.

mod expression;
mod input;
mod output;
mod property;

pub(crate) use expression::{Sources, evaluate, printed};
pub(crate) use input::inputs;
pub(crate) use output::{Types, defaults, kind, shown, store};
pub(crate) use property::{
    attribute, is_multiple, is_on, kind_of, name, normalised, required_name,
};
