//! Whose table of HTTP statuses the errors follow: the sources disagree.

use super::RestError;
use crate::settings::StatusProfile;

impl RestError {
    /// The status by the table that is in force; the error has the server's own.
    pub(crate) fn status_in(&self, profile: StatusProfile) -> u16 {
        match profile {
            StatusProfile::Server => self.status,
            StatusProfile::PythonSdk if self.code == "PORTAL_DELETED" => 410,
            StatusProfile::Docs | StatusProfile::PythonSdk => {
                self.documented().unwrap_or(self.status)
            }
        }
    }

    /// The documentation's status where it is another.
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
