//! Code generation from a checked model.
//!
//! Each field becomes one constant; the code that uses it is in the runtime, so that it is compiled
//! once and not once a field.

mod fields;
mod newtype;
mod robot;
mod scope;
mod select;

pub(crate) use fields::{properties, return_values};
pub(crate) use newtype::newtype;
pub(crate) use robot::robot;
pub(crate) use scope::in_scope;
pub(crate) use select::select;
