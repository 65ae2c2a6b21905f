//! A running application, for the program that started it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::app::http::base_path;
#[cfg(feature = "operator")]
use crate::app::operator::{Keys, guarded_page, open_page};
use crate::app::outbox::PausedPortal;
use crate::app::settings::HttpSettings;
use crate::app::shutdown::{serve_until_signal, shut_down};
use crate::app::wiring::Parts;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::registry::Registered;
use crate::rest::EventToken;
use crate::store::{CallFilter, CallRecord, Store};

/// A running application. Its workers end when it and every router of it are dropped.
///
/// ```no_run
/// # async fn run() -> bizproc_runtime::Result<()> {
/// # let app = bizproc_runtime::App::new("https://app.example/b24");
/// let service = app.start()?;
/// let router = axum::Router::new().merge(service.router()); // beside routes of your own
/// for call in service.calls().await? {
///     println!("{} {:?}", call.code, call.state);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Service {
    parts: Parts,
    #[cfg(feature = "operator")]
    keys: Option<Arc<Keys>>,
}

impl Service {
    pub(super) fn new(parts: Parts, #[cfg(feature = "operator")] keys: Option<Keys>) -> Self {
        Self {
            parts,
            #[cfg(feature = "operator")]
            keys: keys.map(Arc::new),
        }
    }

    /// The routes that portals call, below the path of the public address.
    pub fn router(&self) -> axum::Router {
        let base = base_path(&self.parts.public_url);
        let definitions = self.parts.core.robots.definitions();
        let router = self.parts.http.router(base, &definitions);
        #[cfg(feature = "operator")]
        if let Some(keys) = &self.keys {
            return router.merge(guarded_page(&self.parts.operator, keys));
        }
        router
    }

    /// The operator's page without a password and without buttons, below the path of the public
    /// address. **Serve it only where operators alone can reach it**: on another listener than the
    /// portals' one, or behind a guard of your own.
    ///
    /// It answers requests whose `Host` is an IP address, `localhost` or the public address's host:
    /// a hostile web page may make any other name point here.
    ///
    /// ```no_run
    /// # async fn run(service: bizproc_runtime::Service) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:9090").await?;
    /// axum::serve(listener, service.operator_router()).await // http://127.0.0.1:9090/-/calls
    /// # }
    /// ```
    #[cfg(feature = "operator")]
    pub fn operator_router(&self) -> axum::Router {
        open_page(&self.parts.operator)
    }

    /// Shuts the application down: starts no more calls, waits for the robots' code that runs and
    /// for the replies that can be sent, and releases what is left, so that another process or the
    /// next start can have it immediately. Calls are accepted until the router is dropped: stop your
    /// server last, or use [`App::serve`](crate::App::serve), which does all of it.
    ///
    /// Returns whether everything ended within the limit. The rest is cancelled; its calls run
    /// again.
    pub async fn shutdown(&self, limit: Duration) -> bool {
        shut_down(&self.parts.core, limit).await
    }

    /// Serves the routes until the signal to shut down, and then shuts down.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        settings: HttpSettings,
        limit: Duration,
    ) {
        serve_until_signal(&self.parts, self.router(), listener, settings, limit).await;
    }

    /// The stored calls, each with its state.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`].
    pub async fn calls(&self) -> Result<Vec<CallRecord>> {
        self.parts.core.store.calls(&CallFilter::default()).await
    }

    /// Retries a dead letter: sends its reply when it has one, else runs the robot's code. Returns
    /// whether the call was a dead letter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownCall`]; [`ErrorKind::Store`] when the store fails.
    pub async fn retry(&self, token: &EventToken) -> Result<bool> {
        self.parts.core.store.retry_dead(token).await
    }

    /// The portals to which nothing is sent for now, because they refuse everything: unpaid,
    /// blocked, or without a token that they accept. Their replies wait in the store; the portals
    /// are tried again after a while, and when the application is installed or updated there.
    #[must_use]
    pub fn paused_portals(&self) -> Vec<PausedPortal> {
        self.parts.core.outbox.paused()
    }

    /// Sends to a [paused](Service::paused_portals) portal again immediately.
    pub fn resume(&self, member_id: &str) {
        self.parts.core.outbox.resume(member_id);
    }

    /// The store of calls and portals.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.parts.core.store
    }

    /// The portals that installed the application.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`].
    pub async fn portals(&self) -> Result<Vec<Arc<Portal>>> {
        self.parts.core.store.portals().await
    }

    /// Registers every robot on one portal and binds the application to its updates and its
    /// uninstallation, as its installation does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the portal is not installed. The list has the result for
    /// each robot; an event that cannot be bound is in the log.
    pub async fn register(&self, member_id: &str) -> Result<Vec<Registered>> {
        let Some(portal) = self.parts.core.portals.find(member_id).await? else {
            let message = format!("no portal with the member id `{member_id}` is installed");
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        Ok(self.parts.installer.register(&portal).await)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Service")
            .field("public_url", &self.parts.public_url.as_str())
            .field("robots", &self.parts.core.robots.codes())
            .finish_non_exhaustive()
    }
}
