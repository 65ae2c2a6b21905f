//! The portals that installed the application: who they are, how they are called, their tokens.

mod authenticate;
mod relocate;
mod tokens;
mod verified_cache;

use std::sync::Arc;
use std::time::SystemTime;

use secrecy::SecretString;
use url::Url;

use crate::app::backoff::retry_store;
use crate::app::lifecycle::Lifecycle;
use crate::app::settings::Settings;
use crate::error::Result;
use crate::portal::Portal;
use crate::rest::{AppInfo, Client, RateLimiter, RateLimiters, app_info};
use crate::store::Store;
pub(crate) use relocate::is_redirect;
use tokens::TokenRenewer;
use verified_cache::VerifiedPortals;

/// The portals that installed the application.
pub(crate) struct Portals {
    store: Arc<dyn Store>,
    http: reqwest::Client,
    limiters: RateLimiters,
    tokens: TokenRenewer,
    verified: VerifiedPortals,
}

impl Portals {
    pub(crate) fn new(
        store: &Arc<dyn Store>,
        http: reqwest::Client,
        settings: &Settings,
        lifecycle: &Arc<Lifecycle>,
    ) -> Self {
        let installations = &settings.installations;
        Self {
            store: Arc::clone(store),
            limiters: RateLimiters::new(settings.replies.rate_limit, store.shared_rate_limit()),
            tokens: TokenRenewer::new(
                Arc::clone(store),
                http.clone(),
                installations.client_secret.clone(),
                installations.oauth_hosts.clone(),
                Arc::clone(lifecycle),
            ),
            http,
            verified: VerifiedPortals::default(),
        }
    }

    /// The portal of a call; `None` when it uninstalled the application. The store is asked until
    /// it answers: its failure is no fault of the call.
    pub(crate) async fn get(&self, member_id: &str) -> Option<Arc<Portal>> {
        retry_store("load a portal", || self.store.portal(member_id)).await
    }

    /// The stored portal, if it is installed.
    pub(crate) async fn find(&self, member_id: &str) -> Result<Option<Arc<Portal>>> {
        self.store.portal(member_id).await
    }

    /// Stores a portal that installed or updated the application.
    pub(crate) async fn save(&self, portal: &Arc<Portal>) -> Result<()> {
        self.store.save_portal(Arc::clone(portal)).await?;
        self.verified.remove(&portal.member_id);
        Ok(())
    }

    /// Removes a portal that uninstalled the application.
    pub(crate) async fn remove(&self, member_id: &str) -> Result<()> {
        self.verified.remove(member_id);
        self.store.remove_portal(member_id, SystemTime::now()).await
    }

    /// Gives a portal that no program has called before a full bucket of requests.
    pub(crate) fn add_new(&self, member_id: &str) {
        self.limiters.new_portal(member_id);
    }

    /// The rate limiter of a portal.
    pub(crate) fn limiter(&self, member_id: &str) -> Arc<RateLimiter> {
        self.limiters.get(member_id)
    }

    /// A client of the portal with the token stored at installation. Its requests are not limited:
    /// only a caller that acquires permits itself uses it.
    pub(crate) fn client(&self, portal: &Portal) -> Client {
        let endpoint = portal.client_endpoint.clone();
        Client::with_http(self.http.clone(), endpoint, portal.access_token.clone())
    }

    /// The same with every request within the portal's rate limit.
    pub(crate) fn limited_client(&self, portal: &Portal) -> Client {
        self.client(portal).limited(self.limiter(&portal.member_id))
    }

    /// The portal with another access token than the expired one.
    ///
    /// # Errors
    ///
    /// As [`TokenRenewer::renew`].
    pub(crate) async fn renew(
        &self,
        member_id: &str,
        expired: &SecretString,
    ) -> Result<Arc<Portal>> {
        self.tokens.renew(member_id, expired).await
    }

    /// What the authorisation server knows about a token.
    pub(crate) async fn app_info(&self, server: &Url, token: &SecretString) -> Result<AppInfo> {
        app_info(&self.http, server, token).await
    }

    /// Utilization of the fullest rate limit, from 0 to 1.
    #[cfg(feature = "metrics")]
    pub(crate) fn max_utilization(&self) -> f64 {
        self.limiters.max_utilization()
    }
}
