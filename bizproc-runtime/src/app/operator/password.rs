//! The password of the page.

use std::sync::Mutex;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::sync::lock;

/// The fewest characters of a password.
const SHORTEST: usize = 16;

/// This many wrong passwords in a row cost no waiting time: people mistype.
const FREE: u32 = 3;
const MAX_DELAY: Duration = Duration::from_mins(1);

/// The cookie of a browser that was let in: it does not wait for strangers' wrong passwords. It does
/// not replace the password.
pub(super) const COOKIE: &str = "bizproc_operator";

/// The password, and the wrong ones before.
pub(super) struct Password {
    hash: [u8; 32],
    visit_token: String,
    wrong: Mutex<Wrong>,
}

#[derive(Debug, Default)]
struct Wrong {
    in_a_row: u32,
    /// Until then no password is checked.
    until: Option<Instant>,
}

/// The verdict on a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has the right password; the browser has the cookie or not.
    Let { has_cookie: bool },
    /// It has none, or a wrong one.
    Ask,
    /// Its password was not checked, because wrong ones came before.
    Wait(Duration),
}

impl Password {
    pub(super) fn new(password: &SecretString, visit_token: String) -> Result<Self> {
        let secret = password.expose_secret();
        if secret.chars().count() < SHORTEST {
            let message = format!(
                "the operator's password has fewer than {SHORTEST} characters; let a password \
                 manager make one"
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok(Self {
            hash: hash(secret.as_bytes()),
            visit_token,
            wrong: Mutex::default(),
        })
    }

    /// The value of the cookie.
    pub(super) fn visit_token(&self) -> &str {
        &self.visit_token
    }

    /// The limit of guesses counts for all clients together: behind a reverse proxy all have one
    /// address.
    pub(super) fn check(&self, headers: &HeaderMap) -> Verdict {
        let Some(password) = given_password(headers) else {
            return Verdict::Ask;
        };
        let has_cookie = self.has_cookie(headers);
        let mut wrong = lock(&self.wrong);
        let now = Instant::now();
        let left = wrong
            .until
            .and_then(|until| until.checked_duration_since(now));
        if let Some(left) = left.filter(|left| !has_cookie && !left.is_zero()) {
            return Verdict::Wait(left);
        }
        if is_same(&hash(&password), &self.hash) {
            *wrong = Wrong::default();
            return Verdict::Let { has_cookie };
        }
        wrong.in_a_row = wrong.in_a_row.saturating_add(1);
        let retry_in = delay_after(wrong.in_a_row);
        wrong.until = Some(now + retry_in);
        drop(wrong);
        tracing::warn!(?retry_in, "wrong password for the operator's page");
        Verdict::Ask
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
            .any(|value| is_same(value.as_bytes(), self.visit_token.as_bytes()))
    }
}

/// How long no password is checked after this many wrong ones.
fn delay_after(in_a_row: u32) -> Duration {
    let Some(doublings) = in_a_row.checked_sub(FREE + 1) else {
        return Duration::ZERO;
    };
    let seconds = 1_u64.checked_shl(doublings.min(30)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(MAX_DELAY)
}

/// The password of `Authorization: Basic`, whatever the user's name.
fn given_password(headers: &HeaderMap) -> Option<Vec<u8>> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    pair.get(colon + 1..).map(<[u8]>::to_vec)
}

/// Hashes have one length, so that the comparison does not reveal the length of the password.
fn hash(password: &[u8]) -> [u8; 32] {
    Sha256::digest(password).into()
}

/// The time of the comparison does not reveal where the texts differ.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "correct horse battery";

    fn configured() -> Password {
        Password::new(&RIGHT.into(), "visit".to_owned()).unwrap()
    }

    fn headers(password: &str, cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let pair = STANDARD.encode(format!("anna:{password}"));
        let value = format!("Basic {pair}").parse().unwrap();
        headers.insert(header::AUTHORIZATION, value);
        headers.insert(header::COOKIE, format!("a=b; {cookie}").parse().unwrap());
        headers
    }

    #[test]
    fn short_passwords_are_refused() {
        let error = Password::new(&"fifteen letters".into(), String::new()).err();
        assert_eq!(error.unwrap().kind(), ErrorKind::Configuration);
    }

    #[test]
    fn only_the_password_lets_in() {
        let password = configured();
        let ask = |headers: &HeaderMap| password.check(headers);
        assert_eq!(ask(&HeaderMap::new()), Verdict::Ask);
        let right = Verdict::Let { has_cookie: false };
        assert_eq!(ask(&headers(RIGHT, "")), right);
        for header in ["Basic", "Basic !", "Bearer x", "Basic YWJj", ""] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, header.parse().unwrap());
            assert_eq!(ask(&headers), Verdict::Ask, "{header}");
        }
        for wrong in ["", "correct horse batterx", "correct horse battery "] {
            assert_eq!(ask(&headers(wrong, "bizproc_operator=visit")), Verdict::Ask);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_passwords_make_strangers_wait_longer_and_longer() {
        let password = configured();
        let mut waited = Vec::new();
        for _ in 0..12 {
            assert_eq!(password.check(&headers("wrong", "")), Verdict::Ask);
            let until = password.wrong.lock().unwrap().until.unwrap();
            let left = until.duration_since(Instant::now());
            if !left.is_zero() {
                for cookie in ["", "bizproc_operator=visi", "bizproc_operator="] {
                    let asked = password.check(&headers(RIGHT, cookie));
                    assert_eq!(asked, Verdict::Wait(left), "{cookie}");
                }
            }
            waited.push(left.as_secs());
            tokio::time::advance(left).await;
        }
        assert_eq!(waited, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let right = Verdict::Let { has_cookie: false };
        assert_eq!(password.check(&headers(RIGHT, "")), right);
        assert_eq!(password.check(&headers("wrong", "")), Verdict::Ask);
        assert_eq!(password.check(&headers(RIGHT, "")), right, "anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_known_browser_does_not_wait() {
        let password = configured();
        for _ in 0..5 {
            password.check(&headers("wrong", "bizproc_operator=visit"));
        }
        let known = headers(RIGHT, "bizproc_operator=visit");
        assert!(matches!(
            password.check(&headers(RIGHT, "")),
            Verdict::Wait(_)
        ));
        let right = Verdict::Let { has_cookie: true };
        assert_eq!(password.check(&known), right);
        // The right password ends the wait for all.
        let right = Verdict::Let { has_cookie: false };
        assert_eq!(password.check(&headers(RIGHT, "")), right);
    }
}
