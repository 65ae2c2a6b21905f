//! Issuing tokens.

use jiff::{SignedDuration, Timestamp};

use crate::model::grants::{Grant, RefreshGrant};
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::random;

/// How long an access token lives, in seconds.
pub(crate) const TOKEN_LIFE: i64 = 3600;

/// How long a refresh token lives: 180 days, in seconds.
const REFRESH_TOKEN_LIFE: i64 = 180 * 24 * 60 * 60;

/// How long an expired access token is still recognised as expired.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl Shared {
    /// Issues an access token.
    pub(crate) fn grant(
        &self,
        state: &mut State,
        client_id: &str,
        user_id: u64,
    ) -> (String, Timestamp) {
        let token = random::alphanumeric(70);
        let now = self.now();
        let life = SignedDuration::from_secs(TOKEN_LIFE);
        let expires = now.checked_add(life).unwrap_or(Timestamp::MAX);
        let known = &mut state.grants.tokens;
        // No one needs to tell a token that expired long ago from an unknown one.
        if known.len().is_power_of_two() {
            known.retain(|_, grant| grant.expires.duration_until(now) < FORGOTTEN_AFTER);
        }
        known.insert(
            token.clone(),
            Grant {
                client_id: client_id.to_owned(),
                user_id,
                expires,
                chain: 0,
            },
        );
        (token, expires)
    }

    /// Issues a refresh token.
    pub(crate) fn grant_refresh(&self, state: &mut State, client_id: &str, user_id: u64) -> String {
        let token = random::alphanumeric(70);
        let now = self.now();
        let known = &mut state.grants.refresh_tokens;
        // A scan of all of them is worth its cost only when their number has doubled.
        if known.len().is_power_of_two() {
            known.retain(|_, grant| grant.expires > now);
        }
        let life = SignedDuration::from_secs(REFRESH_TOKEN_LIFE);
        let grant = RefreshGrant {
            client_id: client_id.to_owned(),
            user_id,
            expires: now.checked_add(life).unwrap_or(Timestamp::MAX),
        };
        known.insert(token.clone(), grant);
        token
    }
}
