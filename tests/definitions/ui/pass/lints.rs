//! What the derives make is clean under the strictest settings.
#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(unused_qualifications, unreachable_pub, single_use_lifetimes, elided_lifetimes_in_paths)]
#![deny(clippy::absolute_paths, clippy::missing_const_for_fn, clippy::use_self)]
#![forbid(unsafe_code)]

use bizproc_runtime::{ReturnValues, Robot, Select};

/// Robot
#[derive(Debug, Robot)]
#[robot(code = "acme_lints", returns = Output)]
pub struct Input {
    /// Old
    #[deprecated]
    pub old: Option<String>,
    /// New
    #[property(default = Choice::One)]
    pub new: Choice,
}

/// Output
#[derive(Debug, ReturnValues)]
pub struct Output {
    /// Old
    #[deprecated]
    pub older: f64,
}

/// Choice
#[derive(Debug, Select)]
pub enum Choice {
    /// One
    One,
    /// Two
    #[deprecated]
    Two,
}

#[derive(Debug, Select)]
enum Private {
    One,
}

fn main() {
    println!("{:?} {:?}", Input::DEFINITION, Private::One);
}
