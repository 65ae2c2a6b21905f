//! What programs tell each other through the database.

use sha2::{Digest as _, Sha256};

use crate::store::notifier::Notification;
use crate::store::postgres::text::{escape, unescape};

/// PostgreSQL accepts payloads of less than 8000 bytes.
const PAYLOAD_BYTES: usize = 7000;

/// The channel of all programs that use the same tables.
#[derive(Debug, Clone)]
pub(super) struct Channel(String);

impl Channel {
    pub(super) fn new(schema: &str) -> Self {
        let digest = Sha256::digest(schema);
        let digits = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self(format!("bizproc_{}", digits.collect::<String>()))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

/// A notice to the other programs. Times need none: the program that stores one waits for it,
/// and all programs poll the store every half minute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Notice {
    Runnable,
    Sendable(String),
    /// This portal has changed.
    Portal(String),
    /// Any portal may have changed.
    Portals,
}

impl Notice {
    pub(super) fn from_notification(notification: &Notification) -> Option<Self> {
        match notification {
            Notification::Runnable => Some(Self::Runnable),
            Notification::Sendable(member_id) => Some(Self::Sendable(member_id.clone())),
            Notification::Due(_) => None,
        }
    }

    pub(super) fn payload(&self) -> String {
        let (kind, member_id) = match self {
            Self::Runnable => return "run".to_owned(),
            Self::Portals => return "portals".to_owned(),
            Self::Sendable(member_id) => ("send", member_id),
            Self::Portal(member_id) => ("portal", member_id),
        };
        let payload = format!("{kind} {}", escape(member_id));
        match self {
            _ if payload.len() <= PAYLOAD_BYTES => payload,
            Self::Portal(_) => "portals".to_owned(),
            // Found when the store is polled.
            _ => "run".to_owned(),
        }
    }

    /// Reads a payload; `None` if a newer version wrote it.
    pub(super) fn from_payload(payload: &str) -> Option<Self> {
        match payload.split_once(' ') {
            None if payload == "run" => Some(Self::Runnable),
            None if payload == "portals" => Some(Self::Portals),
            Some(("send", member_id)) => Some(Self::Sendable(unescape(member_id.to_owned()))),
            Some(("portal", member_id)) => Some(Self::Portal(unescape(member_id.to_owned()))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_it_was_written() {
        let long = "x".repeat(9000);
        for notice in [
            Notice::Runnable,
            Notice::Sendable("a b\0".to_owned()),
            Notice::Portal("\\ é".to_owned()),
            Notice::Portals,
        ] {
            assert_eq!(Notice::from_payload(&notice.payload()), Some(notice));
        }
        let cut = |notice: Notice| Notice::from_payload(&notice.payload());
        assert_eq!(cut(Notice::Portal(long.clone())), Some(Notice::Portals));
        assert_eq!(cut(Notice::Sendable(long)), Some(Notice::Runnable));
        assert_eq!(Notice::from_payload("of the future"), None);
    }
}
