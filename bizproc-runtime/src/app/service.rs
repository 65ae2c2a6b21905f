use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use url::Url;

use super::handler::Route;
use super::{events, routes, sender, worker};
use crate::definition::{Definition, Registration};
use crate::error::{Error, Kind, Result};
use crate::form::Limits;
use crate::portal::{Portal, shown};
use crate::property::Culture;
use crate::registry::{Registered, register};
use crate::rest::{Client, EventToken};
use crate::store::{Record, Store};

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
    running: Arc<Running>,
}

/// What the routes and the workers share.
pub(super) struct Shared {
    pub(super) public_url: Url,
    pub(super) routes: HashMap<&'static str, Arc<Route>>,
    pub(super) store: Arc<dyn Store>,
    pub(super) oauth_hosts: Vec<String>,
    pub(super) client_id: Option<String>,
    pub(super) culture: Culture,
    pub(super) limits: Limits,
    pub(super) body_limit: usize,
    pub(super) concurrency: usize,
    pub(super) attempts: usize,
    pub(super) time_limit: Duration,
    pub(super) http: reqwest::Client,
}

/// Keeps the workers alive: a router without workers would accept calls that nobody runs.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    workers: [AbortHandle; 2],
}

impl Drop for Running {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.abort();
        }
    }
}

impl Service {
    pub(super) fn start(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        let workers = [
            tokio::spawn(worker::run(Arc::clone(&shared))).abort_handle(),
            tokio::spawn(sender::run(Arc::clone(&shared))).abort_handle(),
        ];
        Self {
            running: Arc::new(Running { shared, workers }),
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.running.shared
    }

    /// The routes that portals call, below the path of the public address.
    pub fn router(&self) -> axum::Router {
        routes::router(&self.running)
    }

    /// The calls that are kept, with where each stands.
    ///
    /// # Errors
    ///
    /// [`Kind::Store`].
    pub async fn calls(&self) -> Result<Vec<Record>> {
        self.shared().store.records().await
    }

    /// Tries a call again that was given up: sends its answer when it has one, else runs the
    /// robot's code. Returns whether the call was given up.
    ///
    /// # Errors
    ///
    /// [`Kind::Store`] when no such call is kept.
    pub async fn try_again(&self, token: &EventToken) -> Result<bool> {
        self.shared().store.revive(token).await
    }

    /// The portals that installed the application.
    ///
    /// # Errors
    ///
    /// [`Kind::Store`].
    pub async fn portals(&self) -> Result<Vec<Portal>> {
        self.shared().store.portals().await
    }

    /// Registers every robot on one portal and binds the application to its updates and its
    /// uninstallation, as its installation does.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] when the portal is not installed. What becomes of each robot is in
    /// the list, an event that cannot be bound in the log.
    pub async fn register(&self, member_id: &str) -> Result<Vec<Registered>> {
        let portal = self
            .shared()
            .store
            .portal(member_id)
            .await?
            .ok_or_else(|| {
                let message = format!("no portal with the member id `{member_id}` is installed");
                Error::new(Kind::Configuration, message)
            })?;
        Ok(self.shared().register(&portal).await)
    }
}

impl Shared {
    pub(super) async fn register(&self, portal: &Portal) -> Vec<Registered> {
        let mut at = Registration::at(self.public_url.as_str());
        if let Some(user) = portal.user_id {
            at = at.user(user);
        }
        let mut definitions = self
            .routes
            .values()
            .map(|r| r.definition)
            .collect::<Vec<_>>();
        definitions.sort_by_key(Definition::code);
        let registered = register(&self.client(portal), &definitions, &at).await;
        for Registered { code, result } in &registered {
            let portal = &portal.member_id;
            match result {
                Ok(change) => tracing::info!(portal, robot = code, ?change, "registered"),
                Err(error) => tracing::error!(portal, robot = code, "not registered: {error}"),
            }
        }
        events::bind(self, portal).await;
        registered
    }

    /// The code of a call that no robot answers to.
    pub(super) fn unknown_robot(&self, code: &str) -> Error {
        let mut codes = self.routes.keys().copied().collect::<Vec<_>>();
        codes.sort_unstable();
        let (code, codes) = (shown(code), codes.join("`, `"));
        Error::new(
            Kind::Request,
            format!(
                "the application has no robot `{code}`, only `{codes}`; the call is kept and its \
                 workflow waits: add the robot and try the call again, or end the workflow on the \
                 portal and delete the registration"
            ),
        )
    }

    /// A client of the portal with the token stored at installation.
    pub(super) fn client(&self, portal: &Portal) -> Client {
        let (endpoint, token) = (portal.client_endpoint.clone(), portal.access_token.clone());
        Client::with_http(self.http.clone(), endpoint, token)
    }

    /// The portal of a call; without it nothing can be answered.
    pub(super) async fn portal_of(&self, member_id: &str) -> Result<Portal> {
        self.store.portal(member_id).await?.ok_or_else(|| {
            let message = format!("portal `{member_id}` uninstalled the application");
            Error::new(Kind::Forged, message)
        })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Service")
            .field("public_url", &self.shared().public_url.as_str())
            .field("robots", &self.shared().routes.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
