use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tokio::task::AbortHandle;
use url::Url;

use super::handler::Route;
use super::{routes, sender, worker};
use crate::definition::{Definition, Registration};
use crate::error::{Error, Kind, Result};
use crate::form::Limits;
use crate::portal::{Portal, shown};
use crate::property::Culture;
use crate::registry::{Registered, register};
use crate::rest::Client;
use crate::store::{Record, Store};

/// A running application. Its workers end when it is dropped.
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
    shared: Arc<Shared>,
    workers: Vec<AbortHandle>,
}

/// What the routes and the workers share.
pub(super) struct Shared {
    pub(super) parts: Parts,
}

pub(super) struct Parts {
    pub(super) public_url: Url,
    pub(super) routes: HashMap<&'static str, Route>,
    pub(super) store: Arc<dyn Store>,
    pub(super) oauth_hosts: Vec<String>,
    pub(super) client_id: Option<String>,
    pub(super) culture: Culture,
    pub(super) limits: Limits,
    pub(super) concurrency: usize,
    pub(super) attempts: usize,
    pub(super) http: reqwest::Client,
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Service {
    pub(super) fn start(parts: Parts) -> Self {
        let shared = Arc::new(Shared { parts });
        let workers = vec![
            tokio::spawn(worker::run(Arc::clone(&shared))).abort_handle(),
            tokio::spawn(sender::run(Arc::clone(&shared))).abort_handle(),
        ];
        Self { shared, workers }
    }

    /// The routes that portals call, below the path of the public address.
    pub fn router(&self) -> axum::Router {
        routes::router(&self.shared)
    }

    /// The calls that are kept, with where each stands.
    ///
    /// # Errors
    ///
    /// [`Kind::Store`].
    pub async fn calls(&self) -> Result<Vec<Record>> {
        self.shared.store.records().await
    }

    /// The portals that installed the application.
    ///
    /// # Errors
    ///
    /// [`Kind::Store`].
    pub async fn portals(&self) -> Result<Vec<Portal>> {
        self.shared.store.portals().await
    }

    /// Registers every robot on one portal, as its installation does.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] when the portal is not installed; as
    /// [`register`](crate::registry::register) otherwise.
    pub async fn register(&self, member_id: &str) -> Result<Vec<Registered>> {
        let portal = self.shared.store.portal(member_id).await?.ok_or_else(|| {
            let message = format!("no portal with the member id `{member_id}` is installed");
            Error::new(Kind::Configuration, message)
        })?;
        self.shared.register(&portal).await
    }
}

impl Shared {
    pub(super) async fn register(&self, portal: &Portal) -> Result<Vec<Registered>> {
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
        let client = self.client(portal);
        let registered = register(&client, &definitions, &at).await;
        registered.map_err(|error| error.context(format_args!("portal `{}`", portal.member_id)))
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
                 workflow waits: add the robot, or delete its registration on the portal"
            ),
        )
    }

    /// A client of the portal with the token stored at installation.
    pub(super) fn client(&self, portal: &Portal) -> Client {
        let (endpoint, token) = (portal.client_endpoint.clone(), portal.access_token.clone());
        Client::with_http(self.http.clone(), endpoint, token)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.abort();
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Service")
            .field("public_url", &self.shared.public_url.as_str())
            .field("robots", &self.shared.routes.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
