//! Derive macros of `bizproc-runtime`: [`Robot`], [`Properties`], [`Property`], [`ReturnValues`]
//! and [`Select`].
//!
//! Use them through `bizproc_runtime`: it re-exports them beside the traits of the same names and
//! documents their attributes, with examples and error messages.
//!
//! A derive runs in four stages, one module each: `attr` reads the attributes as written, `model`
//! turns them into plain facts, `check` applies the platform's rules (`platform`), and `expand`
//! generates code. One build reports all faults of a struct. With the errors, `fallback` generates
//! an empty implementation, so that code that uses the struct causes no errors of its own.

mod attr;
mod check;
mod ctxt;
mod expand;
mod fallback;
mod model;
mod name;
mod platform;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use ctxt::Ctxt;

/// Derives `Robot`: the struct is an automation robot or a workflow activity, and its fields are
/// the properties that a template's author fills in.
#[proc_macro_derive(Robot, attributes(robot, property))]
pub fn derive_robot(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    robot(&input).into()
}

/// Derives `Properties`: the struct is a group of properties that robots share. A robot includes
/// it with `#[property(flatten)]`.
#[proc_macro_derive(Properties, attributes(properties, property))]
pub fn derive_properties(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    properties(&input).into()
}

/// Derives `Property` for a struct around one value: the struct is a property of the same type as
/// its value.
#[proc_macro_derive(Property, attributes(property))]
pub fn derive_property(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    newtype(&input).into()
}

/// Derives `ReturnValues`: the struct's fields are the values that later steps of the workflow can
/// use.
#[proc_macro_derive(ReturnValues, attributes(return_values, property))]
pub fn derive_return_values(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    return_values(&input).into()
}

/// Derives `Select`: the enum's variants are the options of a `select` property.
#[proc_macro_derive(Select, attributes(select, option))]
pub fn derive_select(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    select(&input).into()
}

fn robot(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let robot = model::Robot::from_input(&ctxt, input);
    check::robot(&ctxt, &robot);
    or_errors(ctxt, || expand::robot(&robot), || fallback::robot(input))
}

fn properties(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let group = model::Group::from_input(&ctxt, input, "Properties", "properties");
    check::properties(&ctxt, &group.fields);
    or_errors(
        ctxt,
        || expand::properties(&group),
        || fallback::properties(input),
    )
}

fn newtype(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let newtype = model::Newtype::from_input(&ctxt, input);
    check::newtype(&ctxt, &newtype);
    or_errors(
        ctxt,
        || expand::newtype(&newtype),
        || fallback::newtype(input),
    )
}

fn return_values(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let group = model::Group::from_input(&ctxt, input, "ReturnValues", "return_values");
    check::return_values(&ctxt, &group.fields);
    or_errors(
        ctxt,
        || expand::return_values(&group),
        || fallback::return_values(input),
    )
}

fn select(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let select = model::Select::from_input(&ctxt, input);
    check::select(&ctxt, &select);
    or_errors(ctxt, || expand::select(&select), || fallback::select(input))
}

/// The expansion, or all errors and the fallback.
fn or_errors(
    ctxt: Ctxt,
    expand: impl FnOnce() -> TokenStream,
    fallback: impl FnOnce() -> TokenStream,
) -> TokenStream {
    match ctxt.finish() {
        Ok(()) => expand(),
        Err(errors) => {
            let mut tokens = errors.into_compile_error();
            tokens.extend(fallback());
            tokens
        }
    }
}
