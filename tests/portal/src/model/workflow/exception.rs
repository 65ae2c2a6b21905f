//! Why a workflow could not continue.

use crate::rules::rest_error::RestError;
use crate::rules::settings::{EventSend, Settings};

/// Why a workflow could not go on; whoever made it go on inside a call is told.
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

    /// As a caller is told it: an exception without a code of its own has the number 0, or none on old platforms.
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
