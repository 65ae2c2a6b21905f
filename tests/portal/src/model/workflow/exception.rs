//! Why a workflow could not continue.

use crate::rules::rest_error::RestError;
use crate::rules::settings::{EventSend, Settings};

/// The reason why a workflow could not continue, which is reported to the request that continued
/// it.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    code: &'static str,
    message: String,
}

impl Exception {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Converts it into the caller's error: an exception without a code has the number 0, or none
    /// on old platforms.
    pub(crate) fn into_error(self, settings: &Settings) -> RestError {
        let is_old = settings.platform.event_send == EventSend::SyncErrorCore;
        let code = match self.code {
            "0" if is_old => "ERROR_CORE",
            code => code,
        };
        RestError::new(400, code, self.message)
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }
}
