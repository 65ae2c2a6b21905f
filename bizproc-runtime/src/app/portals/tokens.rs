//! Renews the access tokens of portals, which live an hour.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Portal, parse_endpoint};
use crate::rest::{Application, Tokens, refresh};
use crate::store::Store;

/// How long another process may take to store what it got for the same refresh token.
const OTHERS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_times(4);

/// The pause after a store that failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Renews access tokens, one request at a time for each portal.
///
/// A refresh token is good once, and its successor comes with the answer: two requests at the same
/// time would cost the application its access to the portal. Renew only what the portal has called
/// expired; applications that renew by the clock risk being blocked.
#[derive(Clone)]
pub(in crate::app) struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    http: reqwest::Client,
    client_secret: Option<SecretString>,
    oauth_hosts: Vec<String>,
    flights: Mutex<HashMap<String, Flight>>,
}

/// A renewal on its way, and how it ended.
type Flight = watch::Receiver<Option<Result<Arc<Portal>, Arc<Error>>>>;

impl Access {
    pub(in crate::app) fn new(
        store: Arc<dyn Store>,
        http: reqwest::Client,
        client_secret: Option<SecretString>,
        oauth_hosts: Vec<String>,
    ) -> Self {
        let inner = Inner {
            store,
            http,
            client_secret,
            oauth_hosts,
            flights: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The portal with an access token that is another one than the expired one: the stored one
    /// when it was renewed since, else a new one, which is stored by now.
    ///
    /// Everybody who waits for one portal gets the result of one renewal, its error included. A
    /// caller that goes away stops nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] without a client secret or for a server that may not have it;
    /// [`ErrorKind::Unauthenticated`] when the portal uninstalled the application; [`ErrorKind::Rejected`] with the
    /// authorisation server's code, of which `invalid_grant` means that the application must be
    /// installed again; [`ErrorKind::Connect`], [`ErrorKind::NoResponse`] and [`ErrorKind::InvalidResponse`] when the
    /// server is not well; [`ErrorKind::Store`].
    pub(in crate::app) async fn renew(
        &self,
        member_id: &str,
        expired: &SecretString,
    ) -> Result<Arc<Portal>> {
        loop {
            let (mut flight, is_own) = self.flight(member_id, expired);
            let landed = flight.wait_for(Option::is_some).await;
            let landed = landed.ok().and_then(|landed| landed.clone());
            match landed {
                // Somebody else's renewal, of a token that expired before this one.
                Some(Ok(portal)) if !is_own && portal.has_access_token(expired) => {}
                Some(result) => return result.map_err(|error| Error::clone_shared(&error)),
                None => {
                    let message = format!("the renewal of portal `{member_id}`'s tokens broke off");
                    return Err(Error::new(ErrorKind::NoResponse, message));
                }
            }
        }
    }

    /// The renewal of a portal that is on its way, or a new one.
    fn flight(&self, member_id: &str, expired: &SecretString) -> (Flight, bool) {
        let mut flights = self.inner.flights();
        // One whose task is gone without an end is none.
        let joined = flights
            .get(member_id)
            .filter(|flight| flight.has_changed().is_ok());
        if let Some(flight) = joined {
            return (flight.clone(), false);
        }
        let (ended, flight) = watch::channel(None);
        flights.insert(member_id.to_owned(), flight.clone());
        let inner = Arc::clone(&self.inner);
        let (member_id, expired) = (member_id.to_owned(), expired.clone());
        // A task of its own: a caller that is cancelled must not take the new tokens along.
        tokio::spawn(async move {
            let result = inner.renew(&member_id, &expired).await;
            inner.flights().remove(&member_id);
            // Whoever asked may have gone.
            let _ = ended.send(Some(result.map_err(Arc::new)));
        });
        (flight, true)
    }
}

impl Inner {
    /// No code that holds the lock can panic; a poisoned one is as good as any.
    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<String, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew(&self, member_id: &str, expired: &SecretString) -> Result<Arc<Portal>> {
        let portal = self.portal(member_id).await?;
        if !portal.has_access_token(expired) {
            return Ok(portal);
        }
        match self.ask(&portal).await {
            Ok(tokens) => {
                let portal = self.keep(&portal, &tokens).await?;
                tracing::info!(portal = member_id, "access token renewed");
                Ok(portal)
            }
            Err(error) if error.has_code("invalid_grant") => self.of_others(&portal, error).await,
            Err(error) => Err(error),
        }
    }

    async fn portal(&self, member_id: &str) -> Result<Arc<Portal>> {
        self.store
            .portal(member_id)
            .await?
            .ok_or_else(|| uninstalled(member_id))
    }

    async fn ask(&self, portal: &Portal) -> Result<Tokens> {
        let refused = |reason: &str| {
            let member_id = &portal.member_id;
            let message =
                format!("portal `{member_id}`'s access token cannot be renewed: {reason}");
            Err(Error::new(ErrorKind::Configuration, message))
        };
        let Some(client_secret) = &self.client_secret else {
            return refused("the application's secret is needed; give it by `App::client_secret`");
        };
        let Some(refresh_token) = &portal.refresh_token else {
            return refused("its installation brought no refresh token; install it again");
        };
        let host = portal.server_endpoint.host_str().unwrap_or_default();
        if !self.oauth_hosts.iter().any(|known| known == host) {
            return refused(&format!(
                "`{host}` is no authorisation server that may have the application's secret; one \
                 of your own is named with `App::trust_oauth_host`"
            ));
        }
        let application = Application {
            client_id: &portal.client_id,
            client_secret,
        };
        let server = &portal.server_endpoint;
        let tokens = refresh(&self.http, server, application, refresh_token).await?;
        let foreign = |member_id: &String| *member_id != portal.member_id;
        if tokens.member_id.as_ref().is_some_and(foreign) {
            let message = "the authorisation server answered with another portal's tokens";
            return Err(Error::new(ErrorKind::InvalidResponse, message));
        }
        Ok(tokens)
    }

    /// Stores new tokens, and only then gives them away.
    ///
    /// The old refresh token is spent, and until the store has the new one it exists in this
    /// program only. A crash in between is the one way to lose it; the application must be
    /// installed again then. A store that fails is asked until it has it.
    async fn keep(&self, expired: &Portal, tokens: &Tokens) -> Result<Arc<Portal>> {
        let member_id = &expired.member_id;
        loop {
            match self.store_tokens(expired, tokens).await {
                Ok(portal) => return portal.ok_or_else(|| uninstalled(member_id)),
                Err(error) => {
                    tracing::error!(
                        portal = member_id,
                        "the store does not keep new tokens, and is asked again: {error}"
                    );
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// What an installation or an update brought meanwhile is newer, and stays. A portal that is
    /// gone stays gone.
    async fn store_tokens(&self, expired: &Portal, tokens: &Tokens) -> Result<Option<Arc<Portal>>> {
        let member_id = &expired.member_id;
        let old = &expired.access_token;
        let Some(portal) = self.store.portal(member_id).await? else {
            return Ok(None);
        };
        if !portal.has_access_token(old) {
            return Ok(Some(portal));
        }
        let renewed = Arc::new(renewed(&portal, tokens));
        if self.store.replace_portal(Arc::clone(&renewed), old).await? {
            return Ok(Some(renewed));
        }
        self.store.portal(member_id).await
    }

    /// The refresh token was spent. Another process that shares the store may have spent it a
    /// moment ago.
    async fn of_others(&self, expired: &Portal, error: Error) -> Result<Arc<Portal>> {
        let member_id = &expired.member_id;
        let mut pauses = OTHERS.build();
        loop {
            let portal = self.portal(member_id).await?;
            if !portal.has_access_token(&expired.access_token) {
                return Ok(portal);
            }
            let Some(pause) = pauses.next() else {
                return Err(error.context(format_args!(
                    "portal `{member_id}` must install the application again: its refresh token \
                     is spent, expired or revoked"
                )));
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// The portal with its new tokens.
fn renewed(expired: &Portal, tokens: &Tokens) -> Portal {
    let mut portal = expired.duplicate();
    portal.access_token = tokens.access_token.clone();
    portal.refresh_token = Some(tokens.refresh_token.clone());
    portal.user_id = portal.user_id.or(tokens.user_id);
    // A portal that was renamed has another address. Without the member id nobody says that it is
    // the same portal's.
    if let (Some(address), Some(_)) = (&tokens.client_endpoint, &tokens.member_id) {
        match parse_endpoint(address) {
            Ok(address) => portal.client_endpoint = address,
            Err(error) => {
                let member_id = &portal.member_id;
                tracing::warn!(portal = member_id, "the old address is kept: {error}");
            }
        }
    }
    portal
}

fn uninstalled(member_id: &str) -> Error {
    let message = format!("portal `{member_id}` uninstalled the application");
    Error::new(ErrorKind::Unauthenticated, message)
}
