//! The life of the process: its tasks, its end, and a socket that outlives it.

mod listen;
mod signal;
mod tasks;

pub use listen::bind;
pub(crate) use signal::shutdown_signal;
pub(crate) use tasks::{Lifecycle, StopGuard};
