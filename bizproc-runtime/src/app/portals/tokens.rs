//! Renewal of portals' access tokens, which live an hour.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use backon::BackoffBuilder as _;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::app::backoff::{TOKEN_RACE_BACKOFF, retry_store};
use crate::app::lifecycle::Lifecycle;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Portal, parse_endpoint};
use crate::rest::{Application, Tokens, refresh};
use crate::store::Store;
use crate::sync::lock;

/// Renews access tokens, with one request at a time for each portal.
///
/// A refresh token can be used once, and its successor comes with the response: two requests at the
/// same time would cost the application its access to the portal. Renew only a token that the
/// portal has called expired; applications that renew by the clock risk being blocked.
#[derive(Clone)]
pub(super) struct TokenRenewer {
    renewals: Arc<Renewals>,
    lifecycle: Arc<Lifecycle>,
}

struct Renewals {
    store: Arc<dyn Store>,
    http: reqwest::Client,
    client_secret: Option<SecretString>,
    oauth_hosts: Vec<String>,
    in_flight: Mutex<HashMap<String, InFlight>>,
}

/// A renewal in flight, and its result.
type InFlight = watch::Receiver<Option<Result<Arc<Portal>, Arc<Error>>>>;

impl TokenRenewer {
    pub(super) fn new(
        store: Arc<dyn Store>,
        http: reqwest::Client,
        client_secret: Option<SecretString>,
        oauth_hosts: Vec<String>,
        lifecycle: Arc<Lifecycle>,
    ) -> Self {
        let renewals = Renewals {
            store,
            http,
            client_secret,
            oauth_hosts,
            in_flight: Mutex::default(),
        };
        Self {
            renewals: Arc::new(renewals),
            lifecycle,
        }
    }

    /// The portal with an access token other than the expired one: the stored one when it was
    /// renewed since, else a new one, which is stored by now.
    ///
    /// All callers that wait for one portal get the result of one renewal, its error included. A
    /// caller that is cancelled stops nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] without a client secret or for a server that may not have it;
    /// [`ErrorKind::NotInstalled`] when the portal uninstalled the application;
    /// [`ErrorKind::Rejected`] with the authorisation server's code, of which `invalid_grant` means
    /// that the application must be installed again; [`ErrorKind::Connect`],
    /// [`ErrorKind::NoResponse`] and [`ErrorKind::InvalidResponse`] when the server does not work;
    /// [`ErrorKind::Store`].
    pub(super) async fn renew(
        &self,
        member_id: &str,
        expired: &SecretString,
    ) -> Result<Arc<Portal>> {
        loop {
            let (mut renewal, is_own) = self.join_or_start(member_id, expired);
            let ended = renewal.wait_for(Option::is_some).await;
            match ended.ok().and_then(|result| result.clone()) {
                // Another caller's renewal, of a token that expired before this one.
                Some(Ok(portal)) if !is_own && portal.has_access_token(expired) => {}
                Some(result) => return result.map_err(|error| Error::clone_shared(&error)),
                None => {
                    let message = format!("the renewal of portal `{member_id}`'s tokens broke off");
                    return Err(Error::new(ErrorKind::NoResponse, message));
                }
            }
        }
    }

    /// The renewal of a portal that is in flight, or a new one; whether it is a new one.
    fn join_or_start(&self, member_id: &str, expired: &SecretString) -> (InFlight, bool) {
        let mut in_flight = lock(&self.renewals.in_flight);
        // A renewal whose task is gone without a result does not count.
        let joined = in_flight
            .get(member_id)
            .filter(|renewal| renewal.has_changed().is_ok());
        if let Some(renewal) = joined {
            return (renewal.clone(), false);
        }
        let (ended, renewal) = watch::channel(None);
        in_flight.insert(member_id.to_owned(), renewal.clone());
        let renewals = Arc::clone(&self.renewals);
        let portal = member_id.to_owned();
        let token = expired.clone();
        // A task of its own, which neither its callers nor a shutdown cancel: the refresh token is
        // spent by then, and the new one would be lost with the task.
        self.lifecycle.spawn_uncancelled(async move {
            let result = renewals.renew(&portal, &token).await;
            lock(&renewals.in_flight).remove(&portal);
            // All callers may be gone.
            let _ = ended.send(Some(result.map_err(Arc::new)));
        });
        (renewal, true)
    }
}

impl Renewals {
    async fn renew(&self, member_id: &str, expired: &SecretString) -> Result<Arc<Portal>> {
        let portal = self.installed(member_id).await?;
        if !portal.has_access_token(expired) {
            return Ok(portal);
        }
        match self.request(&portal).await {
            Ok(tokens) => {
                let portal = self.persist(&portal, &tokens).await?;
                tracing::info!(portal = member_id, "access token renewed");
                Ok(portal)
            }
            Err(error) if error.has_code("invalid_grant") => {
                self.stored_by_other_process(&portal, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn installed(&self, member_id: &str) -> Result<Arc<Portal>> {
        let portal = self.store.portal(member_id).await?;
        portal.ok_or_else(|| not_installed(member_id))
    }

    async fn request(&self, portal: &Portal) -> Result<Tokens> {
        let refused = |reason: &str| {
            let member_id = &portal.member_id;
            let message =
                format!("portal `{member_id}`'s access token cannot be renewed: {reason}");
            Error::new(ErrorKind::Configuration, message)
        };
        let Some(client_secret) = &self.client_secret else {
            let reason = "the application's secret is missing; set it with `App::client_secret`";
            return Err(refused(reason));
        };
        let Some(refresh_token) = &portal.refresh_token else {
            let reason = "its installation brought no refresh token; install it again";
            return Err(refused(reason));
        };
        let host = portal.server_endpoint.host_str().unwrap_or_default();
        if !self.oauth_hosts.iter().any(|known| known == host) {
            return Err(refused(&format!(
                "`{host}` is no authorisation server that may have the application's secret; trust \
                 one of your own with `App::trust_oauth_host`"
            )));
        }
        let application = Application {
            client_id: &portal.client_id,
            client_secret,
        };
        let server = &portal.server_endpoint;
        let tokens = refresh(&self.http, server, application, refresh_token).await?;
        let is_foreign = |member_id: &String| *member_id != portal.member_id;
        if tokens.member_id.as_ref().is_some_and(is_foreign) {
            let message = "the authorisation server answered with another portal's tokens";
            return Err(Error::new(ErrorKind::InvalidResponse, message));
        }
        Ok(tokens)
    }

    /// Stores new tokens, and only then returns them.
    ///
    /// The old refresh token is spent, and until the store has the new one it exists in this
    /// program only. A crash in between is the one way to lose it; then the application must be
    /// installed again. So the store is asked until it has the new one.
    async fn persist(&self, expired: &Portal, tokens: &Tokens) -> Result<Arc<Portal>> {
        let ask = || self.store_tokens(expired, tokens);
        let portal = retry_store("save new tokens", ask).await;
        portal.ok_or_else(|| not_installed(&expired.member_id))
    }

    /// Tokens that an installation or an update brought meanwhile are newer, and stay. A portal
    /// that was removed stays removed.
    async fn store_tokens(&self, expired: &Portal, tokens: &Tokens) -> Result<Option<Arc<Portal>>> {
        let member_id = &expired.member_id;
        let old = &expired.access_token;
        let Some(portal) = self.store.portal(member_id).await? else {
            return Ok(None);
        };
        if !portal.has_access_token(old) {
            return Ok(Some(portal));
        }
        let renewed = Arc::new(with_tokens(&portal, tokens));
        if self.store.replace_portal(Arc::clone(&renewed), old).await? {
            return Ok(Some(renewed));
        }
        self.store.portal(member_id).await
    }

    /// The portal as another process stores it that shares the store and spent the refresh token a
    /// moment ago.
    async fn stored_by_other_process(&self, expired: &Portal, error: Error) -> Result<Arc<Portal>> {
        let member_id = &expired.member_id;
        let mut delays = TOKEN_RACE_BACKOFF.build();
        loop {
            let portal = self.installed(member_id).await?;
            if !portal.has_access_token(&expired.access_token) {
                return Ok(portal);
            }
            let Some(delay) = delays.next() else {
                return Err(error.context(format_args!(
                    "portal `{member_id}` must install the application again: its refresh token \
                     is spent, expired or revoked"
                )));
            };
            tokio::time::sleep(delay).await;
        }
    }
}

/// The portal with its new tokens.
fn with_tokens(expired: &Portal, tokens: &Tokens) -> Portal {
    let mut portal = expired.duplicate();
    portal.access_token = tokens.access_token.clone();
    portal.refresh_token = Some(tokens.refresh_token.clone());
    portal.user_id = portal.user_id.or(tokens.user_id);
    // A renamed portal has another address. Without the member id the response does not say that
    // the address is the same portal's.
    if let (Some(address), Some(_)) = (&tokens.client_endpoint, &tokens.member_id) {
        match parse_endpoint(address) {
            Ok(address) => portal.client_endpoint = address,
            Err(error) => {
                let member_id = &portal.member_id;
                tracing::warn!(
                    portal = member_id,
                    "the portal keeps its old address: {error}"
                );
            }
        }
    }
    portal
}

fn not_installed(member_id: &str) -> Error {
    let message = format!("portal `{member_id}` has uninstalled the application");
    Error::new(ErrorKind::NotInstalled, message)
}
