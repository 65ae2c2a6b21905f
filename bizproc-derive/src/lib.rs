//! The derives of `bizproc-runtime`: [`Robot`], [`ReturnValues`] and [`Select`].
//!
//! Use them through `bizproc_runtime`, which re-exports them beside the traits of the same names
//! and holds their tables, examples and error messages.
//!
//! A derive runs in four stages, a file each: attributes are read (`attr`), made into plain facts
//! (`model`), held against the platform's rules (`check`, `platform`) and turned into code
//! (`expand`). All faults of a struct are told in one build; beside them stands an empty
//! implementation (`fallback`), so that the code that uses the struct adds no noise.

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

/// Makes a struct an automation robot or a workflow activity: its fields are the properties that
/// a template's author fills in.
#[proc_macro_derive(Robot, attributes(robot, property))]
pub fn derive_robot(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    robot(&input).into()
}

/// Makes a struct a group of properties that robots share: `#[property(flatten)]` puts it among
/// a robot's own.
#[proc_macro_derive(Properties, attributes(properties, property))]
pub fn derive_properties(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    properties(&input).into()
}

/// Makes a struct around one value a property as the value is.
#[proc_macro_derive(Property, attributes(property))]
pub fn derive_property(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    newtype(&input).into()
}

/// Makes a struct the return values of a robot: its fields are what later steps of the workflow
/// can use.
#[proc_macro_derive(ReturnValues, attributes(return_values, property))]
pub fn derive_return_values(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    return_values(&input).into()
}

/// Makes an enum the options of a `select` property: each variant is one option.
#[proc_macro_derive(Select, attributes(select, option))]
pub fn derive_select(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    select(&input).into()
}

fn robot(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let robot = model::Robot::of(&ctxt, input);
    check::robot(&ctxt, &robot);
    or_errors(ctxt, || expand::robot(&robot), || fallback::robot(input))
}

fn properties(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let group = model::Group::of(&ctxt, input, "Properties", "properties");
    check::inputs(&ctxt, &group.fields);
    or_errors(
        ctxt,
        || expand::properties(&group),
        || fallback::properties(input),
    )
}

fn newtype(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let newtype = model::Newtype::of(&ctxt, input);
    check::newtype(&ctxt, &newtype);
    or_errors(
        ctxt,
        || expand::newtype(&newtype),
        || fallback::newtype(input),
    )
}

fn return_values(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let group = model::Group::of(&ctxt, input, "ReturnValues", "return_values");
    check::return_values(&ctxt, &group.fields);
    or_errors(
        ctxt,
        || expand::return_values(&group),
        || fallback::return_values(input),
    )
}

fn select(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let select = model::Select::of(&ctxt, input);
    check::select(&ctxt, &select);
    or_errors(ctxt, || expand::select(&select), || fallback::select(input))
}

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
