//! A whole application: robots and their code, the routes that portals call, the workers.
//!
#![doc = include_str!("../../docs/running.md")]
//!
#![doc = include_str!("../../docs/observing.md")]

mod backoff;
mod builder;
mod http;
mod inbox;
mod install;
mod leases;
mod lifecycle;
#[cfg(feature = "operator")]
mod operator;
mod outbox;
mod portals;
mod service;
mod settings;
mod telemetry;
mod upkeep;
mod worker;

pub use crate::rest::RateLimit;
pub use builder::App;
pub use http::{DEFAULT_BODY_LIMIT, INSTALL_PATH};
pub use lifecycle::bind;
pub use outbox::PausedPortal;
pub use service::Service;
pub use worker::Handler;
