//! The derives in a crate of edition 2021, with the dependency under another name.

#![deny(warnings, rust_2024_compatibility)]

#[path = "../robots.rs"]
mod source;

pub use source::*;
