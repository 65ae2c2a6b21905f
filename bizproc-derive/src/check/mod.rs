//! The rules of the platform over a model: what the portal refuses, and what it accepts and then
//! quietly breaks.

mod fields;
mod robot;
mod select;

pub(crate) use fields::{inputs, return_values};
pub(crate) use robot::robot;
pub(crate) use select::select;

use crate::ctxt::Ctxt;
use crate::model::Newtype;

pub(crate) fn newtype(ctxt: &Ctxt, newtype: &Newtype<'_>) {
    if let Some(name) = &newtype.type_name {
        fields::check_type_name(ctxt, name);
    }
}
