//! One request with replies, and the tokens that it is tried with.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;

use super::verdict::is_token_refused;
use crate::app::portals::Portals;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::{Batch, Client, EVENT_SEND, Permit, RateLimiter, Response};
use crate::store::ReplyToSend;

/// The portal's response to one reply.
pub(super) type SendResult = Result<Response<Value>>;

/// The replies that go in one request.
#[derive(Clone, Copy)]
pub(super) enum Request<'a> {
    One(&'a ReplyToSend),
    Many(&'a Batch),
}

impl Request<'_> {
    /// A response for each reply, or the failure of the whole request.
    async fn send(self, client: &Client, permit: Permit) -> Result<Vec<SendResult>> {
        let result = match self {
            Self::One(ReplyToSend { head, reply, .. }) => {
                let log_message = reply.log_message.as_deref();
                client
                    .event_sent(&head.event_token, &reply.return_values, log_message)
                    .await
                    .map(|response| vec![Ok(response)])
            }
            Self::Many(batch) => client.batch(batch).await.map(|response| response.results),
        };
        permit.complete_batch(&result);
        result
    }
}

/// Sends requests to one portal with the tokens that the application has for it.
pub(super) struct Requests<'a> {
    pub(super) portals: &'a Portals,
    pub(super) limiter: &'a Arc<RateLimiter>,
    pub(super) portal: &'a Portal,
}

impl Requests<'_> {
    /// Sends a request with a call's own token, then with the stored one, then with a renewed one:
    /// the first that the portal accepts. Each attempt is a request of its own for the rate limit.
    pub(super) async fn send(
        &self,
        request: Request<'_>,
        call_token: Option<SecretString>,
        mut permit: Permit,
    ) -> Result<Vec<SendResult>> {
        let stored = self.portals.client(self.portal);
        if let Some(call_token) = call_token {
            match request.send(&stored.with_token(call_token), permit).await {
                Err(error) if is_token_refused(&error) => permit = self.permit().await,
                result => return result,
            }
        }
        let expired = match request.send(&stored, permit).await {
            Err(error) if error.has_code("expired_token") => error,
            result => return result,
        };
        let Portal {
            member_id,
            access_token,
            ..
        } = self.portal;
        match self.portals.renew(member_id, access_token).await {
            Ok(portal) => {
                let permit = self.permit().await;
                request.send(&self.portals.client(&portal), permit).await
            }
            Err(not_renewed) => Err(without_token(expired, &not_renewed)),
        }
    }

    async fn permit(&self) -> Permit {
        self.limiter.acquire(EVENT_SEND).await
    }
}

/// The failure of a reply that was not sent, because no token could be renewed.
fn without_token(expired: Error, not_renewed: &Error) -> Error {
    match not_renewed.kind() {
        // The authorisation server or the store does not work now: that passes.
        ErrorKind::Connect
        | ErrorKind::NoResponse
        | ErrorKind::InvalidResponse
        | ErrorKind::Store => Error::new(ErrorKind::Connect, not_renewed.to_string()),
        _ => expired.context(not_renewed),
    }
}
