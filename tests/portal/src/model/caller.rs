//! The caller of a method.

use crate::model::users::ADMINISTRATOR;
use crate::rules::rest_error::RestError;

/// Who calls a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The application; `None` for a webhook.
    pub(crate) client_id: Option<String>,
    pub(crate) webhook: Option<String>,
    pub(crate) user_id: u64,
    /// The source that the caller names itself as, by `auth_connector`.
    pub(crate) connector: String,
    /// How many events led to this call.
    pub(crate) chain: u8,
}

impl Caller {
    pub(crate) fn is_admin(&self) -> bool {
        self.user_id == ADMINISTRATOR
    }

    /// The application, for methods that only applications may call.
    pub(crate) fn application(&self) -> Result<&str, RestError> {
        self.client_id
            .as_deref()
            .ok_or_else(|| RestError::access_denied("Access denied! Application context required"))
    }

    /// Checks that an administrator calls.
    pub(crate) fn admin(&self) -> Result<(), RestError> {
        if self.is_admin() {
            Ok(())
        } else {
            Err(RestError::access_denied("Access denied!"))
        }
    }

    /// Returns whose work it counts as.
    pub(crate) fn counted_as(&self) -> (Option<String>, Option<String>) {
        (self.client_id.clone(), self.webhook.clone())
    }
}
