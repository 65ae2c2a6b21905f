//! Secrets at rest: what a store keeps of tokens, nobody reads from its files.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};

/// The first byte of what is encrypted. Another algorithm would get another one.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
/// The key id of what is not encrypted.
pub(super) const PLAIN: i64 = 0;

/// A key that a store encrypts call bodies and a portal's tokens with.
///
/// It is 32 random bytes, which the application keeps outside of the store: in a variable of its
/// environment, or where else it keeps secrets. `openssl rand -base64 32` makes one. Its `Debug`
/// form shows a number by which it is known again, and not the key.
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
            .chain_update(bytes);
        let digest = digest.finalize();
        let first = digest.iter().copied().take(4);
        let id = first.fold(0, |id, byte| (id << 8) | u32::from(byte));
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
        let bytes = BASE64_STANDARD.decode(text.trim()).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
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

/// Bytes as they are kept.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    /// Which key they are encrypted with; [`PLAIN`] when they are not.
    pub(super) key_id: i64,
    pub(super) bytes: Vec<u8>,
}

/// All keys of a store: the first one encrypts, all of them decrypt.
#[derive(Debug, Clone, Default)]
pub(super) struct Cipher {
    keys: Vec<EncryptionKey>,
}

impl Cipher {
    pub(super) fn add(&mut self, key: EncryptionKey) {
        self.keys.push(key);
    }

    fn find(&self, key_id: i64) -> Option<&EncryptionKey> {
        self.keys.iter().find(|key| i64::from(key.id) == key_id)
    }

    /// Encrypts bytes. They can only be decrypted as belonging to the same thing.
    pub(super) fn seal(&self, belongs_to: &str, bytes: Vec<u8>) -> Result<Sealed> {
        let Some(key) = self.keys.first() else {
            let key_id = PLAIN;
            return Ok(Sealed { key_id, bytes });
        };
        let nonce = XNonce::try_generate().map_err(|error| {
            Error::new(ErrorKind::Store, "the system gives no random bytes").with_source(error)
        })?;
        let payload = Payload {
            msg: &bytes,
            aad: belongs_to.as_bytes(),
        };
        let encrypted = key.cipher.encrypt(&nonce, payload);
        let encrypted =
            encrypted.map_err(|_| Error::new(ErrorKind::Store, "the bytes cannot be encrypted"))?;
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + encrypted.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&encrypted);
        let key_id = i64::from(key.id);
        Ok(Sealed { key_id, bytes })
    }

    pub(super) fn open(&self, belongs_to: &str, sealed: Sealed) -> Result<Vec<u8>> {
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
            aad: belongs_to.as_bytes(),
        };
        let opened = key.cipher.decrypt(&nonce, payload);
        opened.map_err(|_| damaged())
    }

    /// That everything which is encrypted with these keys can be read.
    pub(super) fn check(&self, key_ids: &[i64]) -> Result<()> {
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

/// What a call's body belongs to.
pub(super) fn of_call(token: &crate::rest::EventToken) -> String {
    format!("call {}", token.as_str())
}

/// What a portal's secrets belong to.
pub(super) fn of_portal(member_id: &str) -> String {
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
        let sealed = cipher(&[1]).seal("a", b"secret".to_vec()).unwrap();
        assert!(!sealed.bytes.windows(6).any(|bytes| bytes == b"secret"));
        let again = cipher(&[1]).seal("a", b"secret".to_vec()).unwrap();
        assert_ne!(sealed.bytes, again.bytes, "each has its own nonce");
        for keys in [&[1][..], &[2, 1]] {
            let opened = cipher(keys).open("a", sealed.clone());
            assert_eq!(opened.unwrap(), b"secret");
        }
        assert!(cipher(&[1]).open("b", sealed.clone()).is_err());
        let error = cipher(&[2]).open("a", sealed.clone()).unwrap_err();
        let id = format!("{:?}", EncryptionKey::new([1; 32]));
        assert!(error.to_string().contains(&id), "{error}");
        for place in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[place] ^= 1;
            assert!(cipher(&[1]).open("a", changed).is_err(), "{place}");
            let mut cut = sealed.clone();
            cut.bytes.truncate(place);
            assert!(cipher(&[1]).open("a", cut).is_err(), "{place}");
        }
    }

    #[test]
    fn without_a_key_nothing_is_encrypted() {
        let plain = cipher(&[]).seal("a", b"open".to_vec()).unwrap();
        assert_eq!((plain.key_id, &*plain.bytes), (PLAIN, &b"open"[..]));
        assert_eq!(cipher(&[1]).open("a", plain).unwrap(), b"open");
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
