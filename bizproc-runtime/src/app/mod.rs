//! A whole application: robots and their code, the routes that portals call, the workers.
//!
//! # Glossary
//!
//! One word for one thing, here and in the code:
//!
//! | Word | Means |
//! |---|---|
//! | *call* | a portal's request to run a robot for one step of a workflow; it comes once |
//! | *run* | one execution of a robot's code for a call |
//! | *attempt* | the n-th run of a call, or the n-th send of a reply |
//! | *reply* | what the robot's code gives back to the workflow: return values and a log line |
//! | *send* | one request that carries a reply to the portal |
//! | *delivered* | the portal acknowledged the reply |
//! | *redeliver* | send a delivered reply once more, because newer portals may have dropped it |
//! | *completed* | nothing is left to do for the call |
//! | *dead letter* | a call that is no longer retried: a person must look |
//! | *claim* | the right of one process to run a call or to send its reply |
//! | *lease* | the time for which a claim holds unless it is extended |
//! | *permit* | the right to start one run, or to send one request to a portal |
//! | *rate limit* | how many requests a portal accepts |
//! | *paused portal* | a portal that refuses everything, and to which nothing is sent for a while |
//! | *shutdown* | the end of the process: it drains, and then cancels what is left |
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
mod shutdown;
mod telemetry;
mod upkeep;
mod wiring;
mod worker;

pub use crate::rest::RateLimit;
pub use builder::App;
pub use install::INSTALL_PATH;
pub use lifecycle::bind;
pub use outbox::PausedPortal;
pub use service::Service;
pub use settings::DEFAULT_BODY_LIMIT;
pub use worker::Handler;
