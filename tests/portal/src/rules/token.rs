//! The event token: which run of which step a reply belongs to, signed by the portal.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs and reads event tokens with the portal's key.
#[derive(Clone)]
pub(crate) struct Signer {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// The contents of an event token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventToken {
    pub(crate) workflow_id: String,
    pub(crate) activity_name: String,
    pub(crate) event_id: String,
}

impl Signer {
    /// `None` only if the key has no usable length, which HMAC never refuses.
    pub(crate) fn new(key: &str) -> Option<Self> {
        // The platform prepends the salt of the purpose to its key.
        Hmac::new_from_slice(format!("bizproc{key}").as_bytes())
            .ok()
            .map(|mac| Self { mac })
    }

    pub(crate) fn sign(&self, token: &EventToken) -> String {
        let body = format!(
            "{}|{}|{}",
            token.workflow_id, token.activity_name, token.event_id
        );
        let signature = self.mac.clone().chain_update(&body).finalize().into_bytes();
        signature.iter().fold(format!("{body}."), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// `None` for a token this portal did not sign. The comparison takes the same time for every
    /// wrong signature.
    pub(crate) fn read(&self, text: &str) -> Option<EventToken> {
        let (body, signature) = text.rsplit_once('.')?;
        let signature = from_hex(signature)?;
        self.mac
            .clone()
            .chain_update(body)
            .verify_slice(&signature)
            .ok()?;
        let (workflow_id, rest) = body.split_once('|')?;
        let (activity_name, event_id) = rest.split_once('|')?;
        Some(EventToken {
            workflow_id: workflow_id.to_owned(),
            activity_name: activity_name.to_owned(),
            event_id: event_id.to_owned(),
        })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        // The signature is written in lower case and compared as text.
        .map(|digit| {
            if digit.is_ascii_uppercase() {
                None
            } else {
                digit.to_digit(16)
            }
        })
        .map(|digit| digit.and_then(|value| u8::try_from(value).ok()))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}

#[cfg(test)]
mod tests {
    use super::{EventToken, Signer};

    fn token() -> EventToken {
        EventToken {
            workflow_id: "664fa13bbbb410.99176768".to_owned(),
            activity_name: "A1_2_3_4".to_owned(),
            event_id: "hsyUws1j4XiwqPqN45eH66CcQtEvpUIP".to_owned(),
        }
    }

    #[test]
    fn a_signed_token_is_read_back_and_no_other() {
        let signer = Signer::new("key").unwrap();
        let text = signer.sign(&token());
        assert_eq!(text.matches('|').count(), 2);
        assert_eq!(text.rsplit_once('.').unwrap().1.len(), 64);
        assert_eq!(signer.read(&text), Some(token()));

        let last = if text.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{last}", &text[..text.len() - 1]);
        for bad in [
            forged.as_str(),
            &text.to_uppercase(),
            "",
            ".",
            "a|b|c",
            "é.é",
            &text[..text.len() - 1],
        ] {
            assert_eq!(signer.read(bad), None, "{bad}");
        }
        assert_eq!(Signer::new("other").unwrap().read(&text), None);
    }
}
