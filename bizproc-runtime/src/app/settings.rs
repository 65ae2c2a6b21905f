//! The settings of an application, one struct for each part.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::SecretString;

use crate::form::Limits;
use crate::property::Culture;
use crate::rest::RateLimit;

/// The default of [`App::body_limit`](crate::App::body_limit), in bytes; a longer body is refused
/// unread.
///
/// The platform names no limit. A text property holds at most 64 KiB on the portal.
pub const DEFAULT_BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The platform's authorisation servers: the only hosts that may vouch for an installation.
const OAUTH_HOSTS: [&str; 2] = ["oauth.bitrix.info", "oauth.bitrix24.tech"];

/// All settings of an application.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) http: HttpSettings,
    pub(crate) runs: RunSettings,
    pub(crate) replies: ReplySettings,
    pub(crate) installations: InstallSettings,
    /// How long completed calls are kept.
    pub(crate) retention: Duration,
    /// How long a shutdown may take.
    pub(crate) shutdown_timeout: Duration,
    #[cfg(feature = "operator")]
    pub(crate) operator_password: Option<SecretString>,
}

/// The server and the bodies of requests.
#[derive(Debug, Clone)]
pub(crate) struct HttpSettings {
    pub(crate) body_limit: usize,
    /// How long a client may take for each part of a request.
    pub(crate) client_timeout: Duration,
    pub(crate) max_connections: usize,
}

/// Runs of robots' code.
#[derive(Debug, Clone)]
pub(crate) struct RunSettings {
    /// How many calls run at the same time.
    pub(crate) concurrency: usize,
    /// The same for single robots.
    pub(crate) concurrency_for: HashMap<&'static str, usize>,
    pub(crate) max_attempts: u32,
    pub(crate) handler_timeout: Duration,
    pub(crate) form_limits: Limits,
}

/// Sending replies.
#[derive(Debug, Clone)]
pub(crate) struct ReplySettings {
    /// Delays after which a delivered reply is sent again.
    pub(crate) redelivery: Vec<Duration>,
    pub(crate) rate_limit: RateLimit,
}

/// Installations, and the tokens that come with them.
#[derive(Debug, Clone)]
pub(crate) struct InstallSettings {
    pub(crate) oauth_hosts: Vec<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretString>,
    pub(crate) culture: Culture,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http: HttpSettings {
                body_limit: DEFAULT_BODY_LIMIT,
                client_timeout: Duration::from_secs(30),
                // Half of the descriptors that a process usually gets.
                max_connections: 512,
            },
            runs: RunSettings {
                concurrency: 64,
                concurrency_for: HashMap::new(),
                max_attempts: 3,
                handler_timeout: Duration::from_mins(10),
                form_limits: Limits::default(),
            },
            replies: ReplySettings {
                // A busy workflow is busy for seconds; a stuck one has a lock of five minutes.
                redelivery: vec![Duration::from_secs(15), Duration::from_mins(6)],
                rate_limit: RateLimit::STANDARD,
            },
            installations: InstallSettings {
                oauth_hosts: OAUTH_HOSTS.map(str::to_owned).to_vec(),
                client_id: None,
                client_secret: None,
                culture: Culture::default(),
            },
            retention: Duration::from_hours(7 * 24),
            shutdown_timeout: Duration::from_secs(20),
            #[cfg(feature = "operator")]
            operator_password: None,
        }
    }
}
