//! Encrypts what a store keeps of tokens, so that its files show none.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::rest::EventToken;

/// The first byte of what is encrypted; another algorithm would get another byte.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
/// The key id of what is not encrypted.
pub(in crate::store) const PLAIN: i64 = 0;

/// A key that a store encrypts call bodies and a portal's tokens with.
///
/// It is 32 random bytes, which the application keeps outside of the store: in a variable of its
/// environment, or where it keeps other secrets. `openssl rand -base64 32` makes one. Its `Debug`
/// form shows a number that identifies the key, and not the key.
#[derive(Clone)]
pub struct EncryptionKey {
    id: u32,
    cipher: Arc<XChaCha20Poly1305>,
}

impl EncryptionKey {
    /// A key of these bytes, which must be random.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        let digest = Sha256::new()
            .chain_update("bizproc store key")
            .chain_update(bytes)
            .finalize();
        let first = digest.iter().take(4);
        let id = first.fold(0, |id, byte| (id << 8) | u32::from(*byte));
        Self {
            id: id.max(1),
            cipher: Arc::new(XChaCha20Poly1305::new(&bytes.into())),
        }
    }

    /// A key of 32 random bytes in Base64, white space around it aside.
    ///
    /// ```
    /// use bizproc_runtime::store::EncryptionKey;
    ///
    /// let key = EncryptionKey::from_base64("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=")?;
    /// assert!(EncryptionKey::from_base64("too short").is_err());
    /// # Ok::<_, bizproc_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]; the text is not shown.
    pub fn from_base64(text: &str) -> Result<Self> {
        let decoded = BASE64_STANDARD.decode(text.trim()).ok();
        let bytes: Option<[u8; 32]> = decoded.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self::new).ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "the store's encryption key must be 32 random bytes in Base64, as \
                 `openssl rand -base64 32` makes them",
            )
        })
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EncryptionKey({:08x})", self.id)
    }
}

/// Bytes as they are stored.
#[derive(Clone)]
pub(in crate::store) struct Sealed {
    /// Which key they are encrypted with; [`PLAIN`] when they are not.
    pub(in crate::store) key_id: i64,
    pub(in crate::store) bytes: Bytes,
}

/// Without the bytes: without a key they hold tokens.
impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sealed")
            .field("key_id", &self.key_id)
            .field("len", &self.bytes.len())
            .finish()
    }
}

/// All keys of a store: the first one encrypts, all of them decrypt.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Cipher {
    keys: Vec<EncryptionKey>,
}

impl Cipher {
    pub(in crate::store) fn add(&mut self, key: EncryptionKey) {
        self.keys.push(key);
    }

    fn find(&self, key_id: i64) -> Option<&EncryptionKey> {
        self.keys.iter().find(|key| i64::from(key.id) == key_id)
    }

    /// Encrypts bytes. They can be decrypted only with the same label.
    pub(in crate::store) fn seal(&self, label: &str, bytes: Bytes) -> Result<Sealed> {
        let Some(key) = self.keys.first() else {
            let key_id = PLAIN;
            return Ok(Sealed { key_id, bytes });
        };
        let nonce = XNonce::try_generate().map_err(|error| {
            Error::new(ErrorKind::Store, "the system gives no random bytes").with_source(error)
        })?;
        let payload = Payload {
            msg: &bytes,
            aad: label.as_bytes(),
        };
        let encrypted = key
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| Error::new(ErrorKind::Store, "the bytes cannot be encrypted"))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + encrypted.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&encrypted);
        Ok(Sealed {
            key_id: i64::from(key.id),
            bytes: sealed.into(),
        })
    }

    pub(in crate::store) fn open(&self, label: &str, sealed: Sealed) -> Result<Bytes> {
        if sealed.key_id == PLAIN {
            return Ok(sealed.bytes);
        }
        let key = self
            .find(sealed.key_id)
            .ok_or_else(|| missing(sealed.key_id))?;
        let damaged = || {
            Error::new(
                ErrorKind::Store,
                format!("what was encrypted with {key:?} cannot be decrypted: it was changed"),
            )
        };
        let (version, rest) = sealed.bytes.split_first().ok_or_else(damaged)?;
        let (nonce, encrypted) = rest.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        let nonce = XNonce::try_from(nonce).map_err(|_| damaged())?;
        let payload = Payload {
            msg: encrypted,
            aad: label.as_bytes(),
        };
        let opened = key.cipher.decrypt(&nonce, payload);
        opened.map(Bytes::from).map_err(|_| damaged())
    }

    /// Checks that everything can be read which is encrypted with these keys.
    pub(in crate::store) fn check(&self, key_ids: &[i64]) -> Result<()> {
        let known = |key_id: &i64| *key_id == PLAIN || self.find(*key_id).is_some();
        match key_ids.iter().find(|key_id| !known(key_id)) {
            Some(key_id) => Err(missing(*key_id)),
            None => Ok(()),
        }
    }
}

fn missing(key_id: i64) -> Error {
    Error::new(
        ErrorKind::Store,
        format!(
            "the store holds secrets that are encrypted with EncryptionKey({key_id:08x}), which was not \
             given: give it with `encryption_key`, after the new one if the key is being \
             changed; nothing was changed in the store"
        ),
    )
}

/// The label of a call's body.
pub(in crate::store) fn body_label(token: &EventToken) -> String {
    format!("call {}", token.as_str())
}

/// The label of a call's head.
pub(in crate::store) fn head_label(token: &EventToken) -> String {
    format!("head {}", token.as_str())
}

/// The label of a portal.
pub(in crate::store) fn portal_label(member_id: &str) -> String {
    format!("portal {member_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(keys: &[u8]) -> Cipher {
        let keys = keys.iter().map(|key| EncryptionKey::new([*key; 32]));
        Cipher {
            keys: keys.collect(),
        }
    }

    #[test]
    fn what_is_sealed_can_be_opened_by_the_same_key_for_the_same_thing() {
        let sealed = cipher(&[1]).seal("a", "secret".into()).unwrap();
        assert!(!sealed.bytes.windows(6).any(|bytes| bytes == b"secret"));
        let again = cipher(&[1]).seal("a", "secret".into()).unwrap();
        assert_ne!(sealed.bytes, again.bytes, "each has its own nonce");
        for keys in [&[1][..], &[2, 1]] {
            let opened = cipher(keys).open("a", sealed.clone());
            assert_eq!(opened.unwrap(), "secret");
        }
        assert!(cipher(&[1]).open("b", sealed.clone()).is_err());
        let error = cipher(&[2]).open("a", sealed.clone()).unwrap_err();
        let id = format!("{:?}", EncryptionKey::new([1; 32]));
        assert!(error.to_string().contains(&id), "{error}");
        for place in 0..sealed.bytes.len() {
            let mut changed = sealed.bytes.to_vec();
            changed[place] ^= 1;
            let cut = sealed.bytes.slice(..place);
            for bytes in [changed.into(), cut] {
                let key_id = sealed.key_id;
                let opened = cipher(&[1]).open("a", Sealed { key_id, bytes });
                assert!(opened.is_err(), "{place}");
            }
        }
    }

    #[test]
    fn without_a_key_nothing_is_encrypted() {
        let plain = cipher(&[]).seal("a", "open".into()).unwrap();
        assert_eq!((plain.key_id, &*plain.bytes), (PLAIN, &b"open"[..]));
        assert_eq!(cipher(&[1]).open("a", plain).unwrap(), "open");
    }

    #[test]
    fn a_key_is_not_shown() {
        let text = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";
        let key = EncryptionKey::from_base64(&format!(" {text}\n")).unwrap();
        assert!(!format!("{key:?}").contains("q83v"));
        for wrong in [
            "",
            "q83v",
            &text[1..],
            &format!("{text}AAAA"),
            "secret words",
        ] {
            let error = EncryptionKey::from_base64(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(wrong.is_empty() || !error.to_string().contains(wrong));
        }
    }
}
