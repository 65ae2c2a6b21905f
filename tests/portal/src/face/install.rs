//! Installing an application.

use std::pin::Pin;

use crate::engine::application::install;
use crate::face::installation::Installation;
use crate::face::portal::Portal;
use crate::model::application::{Application, ApplicationStatus};
use crate::rules::error::Error;
use crate::rules::random;
use crate::wire::applications;

/// An installation that is being set up; `.await` performs it.
///
/// An application without a page (*script only*) receives `ONAPPINSTALL` and is installed with
/// that. An application with a page is installed when its page says so: see [`Install::with_page`].
/// Both are notified of an update and an uninstallation only through handlers that they have bound
/// to `ONAPPUPDATE` and `ONAPPUNINSTALL`.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{ApplicationStatus, Portal};
///
/// let portal = Portal::start().await?;
/// let app = portal
///     .install("http://127.0.0.1:9000/install")
///     .with_page()
///     .card("app.5f3a", "the client secret")
///     .code("acme.robots")
///     .name("Acme robots")
///     .status(ApplicationStatus::Subscription)
///     .await?;
/// assert!(!app.is_finished());
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use = "an application is installed when this is awaited"]
pub struct Install {
    portal: Portal,
    client_id: Option<String>,
    application: Application,
}

impl Install {
    pub(crate) fn new(portal: Portal, url: &str) -> Self {
        Self {
            portal,
            client_id: None,
            application: Application {
                url: url.to_owned(),
                name: "Application".to_owned(),
                version: 1,
                ..Application::default()
            },
        }
    }

    /// Treats the address as a page for the installing administrator, not as one for events.
    ///
    /// The application receives no events until [`Installation::install_finished`], and
    /// `ONAPPINSTALL` only if it has bound a handler to it.
    pub fn with_page(mut self) -> Self {
        self.application.has_page = true;
        self
    }

    /// The id and the secret on the application's card, which are the same on every portal; random
    /// by default.
    pub fn card(mut self, client_id: &str, client_secret: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        client_secret.clone_into(&mut self.application.client_secret);
        self
    }

    /// The application's code in the market; by default its client id, as for local applications.
    pub fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.application.code);
        self
    }

    /// The name that precedes the names of its robots.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.application.name);
        self
    }

    /// The kind of the application; by default one made for this portal.
    pub fn status(mut self, status: ApplicationStatus) -> Self {
        self.application.status = status;
        self
    }

    /// How many days it is paid for; unset by default.
    pub fn days(mut self, days: i64) -> Self {
        self.application.days = Some(days);
        self
    }

    async fn carry_out(mut self) -> Result<Installation, Error> {
        install::check_url(&self.application.url)?;
        let made_up = || format!("local.{}", random::hex32());
        let client_id = self.client_id.unwrap_or_else(made_up);
        if self.application.code.is_empty() {
            self.application.code.clone_from(&client_id);
        }
        if self.application.client_secret.is_empty() {
            self.application.client_secret = random::alphanumeric(50);
        }
        let shared = self.portal.shared();
        let requests = {
            let state = &mut *shared.lock();
            if state.installations.contains_key(&client_id) {
                return Err(Error::AlreadyInstalled { client_id });
            }
            let installations = &mut state.installations;
            installations.insert(client_id.clone(), self.application);
            install::put_up(shared, state, &client_id)
        };
        applications::notify_installed(shared, &client_id, requests).await;
        Ok(Installation::new(self.portal, client_id))
    }
}

impl IntoFuture for Install {
    type Output = Result<Installation, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.carry_out())
    }
}

impl Portal {
    /// Installs an application that receives `ONAPPINSTALL` at this address, or has its page there.
    ///
    /// As on a real portal, it makes no difference whether it can be reached and how it responds;
    /// both are in the history and in
    /// [`Installation::last_notification`](crate::Installation::last_notification).
    ///
    /// # Errors
    ///
    /// [`Error::InstallUrl`] if this is not an `http` address.
    pub fn install(&self, url: &str) -> Install {
        Install::new(self.clone(), url)
    }
}
