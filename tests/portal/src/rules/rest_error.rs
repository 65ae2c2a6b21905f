//! The error of a REST call. The sources disagree about HTTP statuses: each table of them is here.

use crate::rules::php::Value;
use crate::rules::settings::StatusProfile;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) description: String,
    /// Additional fields of a few errors.
    pub(crate) extra: Vec<(&'static str, String)>,
}

impl RestError {
    pub(crate) fn new(status: u16, code: &str, description: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            description: description.into(),
            extra: Vec::new(),
        }
    }

    /// Adds a field besides code and description.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.extra.push((name, value.to_owned()));
        self
    }

    pub(crate) fn wrong_auth_type() -> Self {
        Self::new(
            403,
            "WRONG_AUTH_TYPE",
            "Current authorization type is denied for this method",
        )
    }

    pub(crate) fn method_not_found() -> Self {
        Self::new(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
    }

    pub(crate) fn access_denied(description: &str) -> Self {
        Self::new(403, "ACCESS_DENIED", description)
    }

    /// The error that PHP's fatal errors and other faults of the server end in.
    pub(crate) fn internal() -> Self {
        Self::new(500, "INTERNAL_SERVER_ERROR", "Internal server error")
    }
}

impl RestError {
    /// Returns the status by the table in force; the error itself has the server's own.
    pub(crate) fn status_in(&self, profile: StatusProfile) -> u16 {
        match profile {
            StatusProfile::Server => self.status,
            StatusProfile::PythonSdk if self.code == "PORTAL_DELETED" => 410,
            StatusProfile::Docs | StatusProfile::PythonSdk => {
                self.documented().unwrap_or(self.status)
            }
        }
    }

    /// Returns the documentation's status where it differs.
    fn documented(&self) -> Option<u16> {
        match self.code.as_str() {
            "insufficient_scope"
            | "INVALID_CREDENTIALS"
            | "user_access_error"
            | "ACCESS_DENIED" => Some(403),
            "INVALID_REQUEST" => Some(400),
            "OVERLOAD_LIMIT" => Some(503),
            "PORTAL_DELETED" => Some(500),
            _ => None,
        }
    }
}

/// The result of a method.
pub(crate) type RestResult = Result<Value, RestError>;
