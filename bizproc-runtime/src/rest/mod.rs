//! The REST client of one portal: any method, with typed answers and typed errors.

mod batch;
mod bizproc;
mod client;
mod form_params;
mod metrics;
#[cfg(feature = "server")]
mod oauth;
mod rate_limit;
mod response;
mod transport;

pub use batch::{Batch, BatchResponse};
#[cfg(feature = "server")]
pub(crate) use bizproc::EVENT_SEND;
pub use bizproc::EventToken;
pub use client::Client;
#[cfg(all(feature = "metrics", feature = "server"))]
pub(crate) use metrics::METRICS;
#[cfg(feature = "server")]
pub(crate) use oauth::{AppInfo, Application, Tokens, app_info, refresh};
#[cfg(feature = "server")]
pub use rate_limit::RateLimit;
pub use rate_limit::SharedRateLimit;
#[cfg(feature = "server")]
pub(crate) use rate_limit::{Permit, RateLimiter, RateLimiters};
pub use response::{Response, Timing};
pub(crate) use transport::http;
#[cfg(feature = "server")]
pub(crate) use transport::http_from;
