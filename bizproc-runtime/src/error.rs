//! The error type of this crate.

use std::fmt;
#[cfg(feature = "server")]
use std::sync::Arc;

/// A boxed error of any other type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of this crate's functions, and of handlers that have no error type of their own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this crate: its text says what is wrong, what is allowed, and what to do.
///
/// The text never contains a token. Programs decide by [`Error::kind`]; [`Error::code`] is the
/// portal's own code.
///
/// ```
/// use bizproc_runtime::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Configuration, "the public address must begin with `https://`");
/// assert_eq!(error.kind(), ErrorKind::Configuration);
/// assert_eq!(error.to_string(), "the public address must begin with `https://`");
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    code: Option<String>,
    status: Option<u16>,
    source: Option<BoxError>,
}

/// The cause of an [`Error`], for programs that decide by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The application is configured wrongly: two robots have one code, or an address is wrong.
    Configuration,
    /// The request is not a call or an event of a portal: a field is missing, or the body is not a
    /// form.
    BadRequest,
    /// The properties of a call do not fit the robot; one error reports all faults.
    InvalidProperties,
    /// The request does not prove its origin: the portal is unknown, or the application token is
    /// wrong.
    Unauthenticated,
    /// The portal has uninstalled the application, or never installed it.
    NotInstalled,
    /// The robot's handler failed.
    Handler,
    /// The portal was not reached, so it executed nothing.
    Connect,
    /// The request was sent, but the connection broke or timed out: the portal may have executed it.
    NoResponse,
    /// The response is not one of the portal's REST interface.
    InvalidResponse,
    /// The portal rejected the request; [`Error::code`] says why.
    Rejected,
    /// The store failed.
    Store,
    /// The store has no such call: it was completed and deleted, or never accepted.
    UnknownCall,
}

impl Error {
    /// Creates an error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            inner: Box::new(Inner {
                kind,
                message,
                code: None,
                status: None,
                source: None,
            }),
        }
    }

    /// Creates the error of a handler; the workflow's log shows its text.
    ///
    /// ```
    /// let error = bizproc_runtime::Error::handler("the invoice service is closed on Sundays");
    /// assert_eq!(error.to_string(), "the invoice service is closed on Sundays");
    /// ```
    #[must_use]
    pub fn handler(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        Self::new(ErrorKind::Handler, error.to_string()).with_source(error)
    }

    /// Creates the error for a request that the portal rejected.
    pub(crate) fn portal(code: String, description: &str, status: u16) -> Self {
        Self::rejected("the portal", code, description, status)
    }

    /// Creates the error for a request that a server rejected.
    pub(crate) fn rejected(server: &str, code: String, description: &str, status: u16) -> Self {
        let message = match (code.is_empty(), description.is_empty()) {
            (false, false) => format!("{server} answered {code}: {description}"),
            (false, true) => format!("{server} answered {code}"),
            (true, _) => format!("{server} answered an error without a code: {description}"),
        };
        let mut error = Self::new(ErrorKind::Rejected, message).with_status(status);
        error.inner.code = Some(code);
        error
    }

    /// Creates a copy for one of several tasks that waited for the same result.
    #[cfg(feature = "server")]
    pub(crate) fn clone_shared(error: &Arc<Self>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind: error.inner.kind,
                message: error.inner.message.clone(),
                code: error.inner.code.clone(),
                status: error.inner.status,
                source: Some(Box::new(Arc::clone(error))),
            }),
        }
    }

    /// Sets the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Sets the HTTP status of the response.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Prefixes the text with the operation that failed.
    #[must_use]
    pub(crate) fn context(mut self, doing: impl fmt::Display) -> Self {
        self.inner.message = format!("{doing}: {}", self.inner.message);
        self
    }

    /// The cause of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The portal's code, such as `ACCESS_DENIED` or `423`, if it rejected the request.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// Whether the portal rejected the request with this code, ignoring case.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.code()
            .is_some_and(|known| known.eq_ignore_ascii_case(code))
    }

    /// The HTTP status of the response.
    ///
    /// It is a hint only: the portal and its front end disagree about statuses.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Whether the portal may have executed the request although it failed.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        let status = self.status().unwrap_or_default();
        match self.kind() {
            ErrorKind::NoResponse => true,
            // These statuses are a proxy's refusal or redirect: the request did not reach the portal.
            ErrorKind::InvalidResponse => matches!(status, 200..=299 | 500..=502 | 504..),
            // The portal may have thrown these exceptions after the method did its work.
            ErrorKind::Rejected => {
                let unknown = matches!(status, 500 | 502 | 504) || self.is_server_failure();
                unknown || self.is_engine_failure()
            }
            _ => false,
        }
    }

    /// Whether the portal's server failed. Within a batch, only the code shows it.
    pub(crate) fn is_server_failure(&self) -> bool {
        self.has_code("INTERNAL_SERVER_ERROR") || self.has_code("ERROR_UNEXPECTED_ANSWER")
    }

    /// Whether the portal's workflow engine threw an exception. A later step of the workflow throws it
    /// as often as the method itself.
    pub(crate) fn is_engine_failure(&self) -> bool {
        self.has_code("0") || self.has_code("ERROR_CORE")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            message,
            code,
            status,
            source,
        } = &*self.inner;
        let mut debug = formatter.debug_struct("Error");
        debug.field("kind", kind).field("message", message);
        if let Some(code) = code {
            debug.field("code", code);
        }
        if let Some(status) = status {
            debug.field("status", status);
        }
        if let Some(source) = source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
