//! What an application is set to.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::SecretString;

use crate::app::http::routes::DEFAULT_BODY_LIMIT;
use crate::form::Limits;
use crate::property::Culture;
use crate::rest::RateLimit;

/// The authorisation servers of the platform: the only hosts that may vouch for an installation.
const OAUTH_HOSTS: [&str; 2] = ["oauth.bitrix.info", "oauth.bitrix24.tech"];

#[derive(Debug, Clone)]
pub(in crate::app) struct Settings {
    pub(in crate::app) oauth_hosts: Vec<String>,
    pub(in crate::app) client_id: Option<String>,
    pub(in crate::app) client_secret: Option<SecretString>,
    pub(in crate::app) rate_limit: RateLimit,
    pub(in crate::app) culture: Culture,
    pub(in crate::app) limits: Limits,
    pub(in crate::app) body_limit: usize,
    /// How long a client may take for each part of a request.
    pub(in crate::app) client_timeout: Duration,
    /// How many connections are open at the same time.
    pub(in crate::app) connections: usize,
    /// How many calls run at the same time.
    pub(in crate::app) concurrency: usize,
    /// The same for single robots.
    pub(in crate::app) concurrency_for: HashMap<&'static str, usize>,
    pub(in crate::app) attempts: u32,
    pub(in crate::app) time_limit: Duration,
    /// How long after the portal took an answer it is said again.
    pub(in crate::app) redelivery: Vec<Duration>,
    /// How long settled calls are kept.
    pub(in crate::app) retention: Duration,
    /// How long the end may take.
    pub(in crate::app) drain: Duration,
    #[cfg(feature = "operator")]
    pub(in crate::app) operator: crate::app::operator::Operator,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            oauth_hosts: OAUTH_HOSTS.map(str::to_owned).to_vec(),
            client_id: None,
            client_secret: None,
            rate_limit: RateLimit::STANDARD,
            culture: Culture::default(),
            limits: Limits::default(),
            body_limit: DEFAULT_BODY_LIMIT,
            client_timeout: Duration::from_secs(30),
            // Half of the descriptors that a process usually gets.
            connections: 512,
            concurrency: 64,
            concurrency_for: HashMap::new(),
            attempts: 3,
            time_limit: Duration::from_mins(10),
            // A busy workflow is so for seconds; one that is stuck has a lock of five minutes.
            redelivery: vec![Duration::from_secs(15), Duration::from_mins(6)],
            retention: Duration::from_hours(7 * 24),
            drain: Duration::from_secs(20),
            #[cfg(feature = "operator")]
            operator: crate::app::operator::Operator::default(),
        }
    }
}
