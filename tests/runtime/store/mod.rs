//! What every store promises: one suite, run against each of them.
//!
//! A store of your own passes it when its place is added to `store/backends.rs`.

mod abandoned;
mod accepting;
mod answering;
mod backends;
mod claiming;
mod edge_values;
mod keeping;
mod model;
mod sequences;
mod server;
mod several;
mod suite;
mod timing;
