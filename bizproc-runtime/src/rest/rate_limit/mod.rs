//! How fast a portal may be called: its rate of requests, its operating time, its refusals.

#[cfg(feature = "server")]
mod config;
#[cfg(feature = "server")]
mod limiter;
#[cfg(feature = "server")]
mod registry;
mod shared;

#[cfg(feature = "server")]
pub use config::RateLimit;
#[cfg(feature = "server")]
pub(crate) use limiter::{Permit, RateLimiter};
#[cfg(feature = "server")]
pub(crate) use registry::RateLimiters;
pub use shared::SharedRateLimit;
