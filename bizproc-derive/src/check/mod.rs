//! The platform's rules, applied to a model: what the portal refuses, and what it accepts and then
//! breaks silently.

mod fields;
mod robot;
mod select;

pub(crate) use fields::{properties, return_values};
pub(crate) use robot::robot;
pub(crate) use select::select;

use crate::ctxt::Ctxt;
use crate::model::Newtype;

/// Checks a struct around one value.
pub(crate) fn newtype(ctxt: &Ctxt, newtype: &Newtype<'_>) {
    if let Some(name) = &newtype.type_name {
        fields::check_type_name(ctxt, name);
    }
}
