//! The derives in a crate of edition 2024, with the dependency under its own name.

#![deny(warnings)]

// The source names the runtime as a crate that renames it does.
extern crate bizproc_runtime as robots;

#[path = "../robots.rs"]
mod source;

pub use source::*;
