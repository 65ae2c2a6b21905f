//! What every store promises: one suite, run against each of them.
//!
//! To test a store of your own, add it to `backends.rs` and `suite.rs`.

mod abandoned;
mod accepting;
mod backends;
mod claiming;
mod edge_values;
mod former;
mod model;
mod records;
mod replying;
mod sequences;
mod server;
mod several;
mod suite;
mod timing;
