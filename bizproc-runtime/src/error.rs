//! The one error type of this crate.

use std::fmt;

/// Any error of another crate, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of this crate's functions, and of a robot's code unless it has an error of its own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what is allowed, and what to do.
///
/// The text never holds a token. [`Error::kind`] is what a program decides by, and
/// [`Error::code`] what the portal called it.
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

/// What an [`Error`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The application was put together wrongly: two robots with one code, a wrong address.
    Configuration,
    /// A request is not a call or an event of a portal: a field is missing, the body is not a
    /// form.
    BadRequest,
    /// A call's properties do not fit the robot; all faults in one error.
    InvalidProperties,
    /// A request that does not prove its origin: unknown portal, wrong application token.
    Unauthenticated,
    /// The robot's own code failed.
    Handler,
    /// The portal was not reached; nothing was executed there.
    Connect,
    /// The connection broke or timed out after the request was sent: it may have been executed.
    NoResponse,
    /// The portal answered something that is no answer of its REST interface.
    InvalidResponse,
    /// The portal refused, with [`Error::code`].
    Rejected,
    /// The store of calls failed.
    Store,
    /// No such call is kept: it is settled and forgotten, or was never accepted.
    UnknownCall,
}

impl Error {
    /// An error of this kind.
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

    /// A failure of a robot's own code; the workflow's log will show its text.
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

    pub(crate) fn portal(code: String, description: &str, status: u16) -> Self {
        Self::refusal("the portal", code, description, status)
    }

    /// What a server refused with.
    pub(crate) fn refusal(server: &str, code: String, description: &str, status: u16) -> Self {
        let message = match (code.is_empty(), description.is_empty()) {
            (false, false) => format!("{server} answered {code}: {description}"),
            (false, true) => format!("{server} answered {code}"),
            (true, _) => format!("{server} answered an error without a code: {description}"),
        };
        let mut error = Self::new(ErrorKind::Rejected, message).with_status(status);
        error.inner.code = Some(code);
        error
    }

    /// One of the copies for several that waited for the same thing.
    #[cfg(feature = "server")]
    pub(crate) fn shared(error: &std::sync::Arc<Self>) -> Self {
        let Inner {
            kind,
            message,
            code,
            status,
            ..
        } = &*error.inner;
        let (kind, message, code, status) = (*kind, message.clone(), code.clone(), *status);
        let source: Option<BoxError> = Some(Box::new(std::sync::Arc::clone(error)));
        Self {
            inner: Box::new(Inner {
                kind,
                message,
                code,
                status,
                source,
            }),
        }
    }

    /// Keeps what caused the error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Puts what was being done before the text.
    #[must_use]
    pub(crate) fn context(mut self, doing: impl fmt::Display) -> Self {
        self.inner.message = format!("{doing}: {}", self.inner.message);
        self
    }

    /// What the error is about.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The portal's code, such as `ACCESS_DENIED` or `423`, when it refused.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// Whether the portal refused with this code, its letters in any case.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.code()
            .is_some_and(|known| known.eq_ignore_ascii_case(code))
    }

    /// The HTTP status of the portal's answer. A hint only: the portal and its front end disagree
    /// about statuses.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Whether the request may have been executed although it failed.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        let status = self.status().unwrap_or_default();
        match self.kind() {
            ErrorKind::NoResponse => true,
            // A page of a proxy that refuses or redirects never reached the portal.
            ErrorKind::InvalidResponse => matches!(status, 200..=299 | 500..=502 | 504..),
            // Codes of exceptions that may have been thrown after the method did its work.
            ErrorKind::Rejected => {
                let unknown = matches!(status, 500 | 502 | 504) || self.is_server_failure();
                unknown || self.is_engine_failure()
            }
            _ => false,
        }
    }

    /// The portal's server broke. Inside a batch the status does not say so.
    pub(crate) fn is_server_failure(&self) -> bool {
        self.has_code("INTERNAL_SERVER_ERROR") || self.has_code("ERROR_UNEXPECTED_ANSWER")
    }

    /// An exception of the portal's workflow engine, thrown by a later step as often as by ours.
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
