use std::pin::Pin;

use super::{Application, ApplicationStatus, INSTALLER, Installation, tell};
use crate::{
    Error, Portal,
    events::{self, Handler},
    handler_auth::Tokens,
    history::{Delivery, Event},
    php::{Array, Value},
    random,
    state::{Shared, State},
};

/// An installation that is being set up; `.await` carries it out.
///
/// An application without a page (*script only*) is told by `ONAPPINSTALL` and is installed with that. One with a page
/// is installed when its page says so: see [`Install::with_page`]. Of its update and its uninstallation either kind
/// hears only through handlers that it has bound to `ONAPPUPDATE` and `ONAPPUNINSTALL`.
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

    /// The address is a page for the installing administrator, not one for events.
    ///
    /// Its application hears no events until [`Installation::install_finished`], and not even `ONAPPINSTALL` unless
    /// it has bound a handler to it.
    pub fn with_page(mut self) -> Self {
        self.application.has_page = true;
        self
    }

    /// The id and the secret on the application's card, which are the same on every portal; made up unless said
    /// otherwise.
    pub fn card(mut self, client_id: &str, client_secret: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        client_secret.clone_into(&mut self.application.client_secret);
        self
    }

    /// The application's code, as the market has it; its client id unless said otherwise, as local ones have it.
    pub fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.application.code);
        self
    }

    /// The name that stands in front of the names of its robots.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.application.name);
        self
    }

    /// What kind of application it is; one made for this portal unless said otherwise.
    pub fn status(mut self, status: ApplicationStatus) -> Self {
        self.application.status = status;
        self
    }

    /// For how many days it is paid for; nothing unless said otherwise.
    pub fn days(mut self, days: i64) -> Self {
        self.application.days = Some(days);
        self
    }

    async fn carry_out(mut self) -> Result<Installation, Error> {
        check_url(&self.application.url)?;
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
            put_up(shared, state, &client_id)
        };
        told(shared, &client_id, requests).await;
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

/// Puts an application back that was uninstalled.
pub(super) async fn reinstall(shared: &Shared, client_id: &str) -> Result<(), Error> {
    let requests = {
        let state = &mut *shared.lock();
        let is_installed = state
            .installations
            .get(client_id)
            .is_some_and(|application| application.installed);
        if is_installed {
            return Err(Error::AlreadyInstalled {
                client_id: client_id.to_owned(),
            });
        }
        // Until now they were known as those of an application that is gone.
        let tokens = &mut state.grants.tokens;
        tokens.retain(|_, grant| grant.client_id != client_id);
        put_up(shared, state, client_id)
    };
    told(shared, client_id, requests).await;
    Ok(())
}

/// Gives an application its tokens, and the requests by which one without a page is told.
fn put_up(shared: &Shared, state: &mut State, client_id: &str) -> Vec<Delivery> {
    let tokens = Tokens::issue(shared, state, client_id, INSTALLER);
    let Some(application) = state.installations.get_mut(client_id) else {
        return Vec::new();
    };
    application.installed = true;
    application.finished = !application.has_page;
    application.token = random::hex32();
    application.told = Delivery::to(&application.url, "");
    tell::keep(application, &tokens);
    if application.has_page {
        return Vec::new();
    }
    bind_own(state, client_id);
    let data = data(shared, state, client_id);
    tell::requests(
        shared,
        state,
        client_id,
        &events::INSTALL,
        &data,
        Some(&tokens),
    )
}

/// Binds an application without a page to its own installation, as the portal does by itself.
pub(super) fn bind_own(state: &mut State, client_id: &str) {
    let application = state.installations.get(client_id);
    let Some(application) = application.filter(|application| !application.has_page) else {
        return;
    };
    // It is there already if it came through an update.
    state.events.add(Handler {
        id: 0,
        client_id: client_id.to_owned(),
        event: events::INSTALL.name,
        url: application.url.clone(),
        user_id: 0,
        connector: String::new(),
        min_timeout: None,
    });
}

/// The data of `ONAPPINSTALL`.
pub(super) fn data(shared: &Shared, state: &State, client_id: &str) -> Array {
    let version = state.installations.get(client_id);
    [
        ("VERSION", Value::Int(version.map_or(1, |app| app.version))),
        ("ACTIVE", "Y".into()),
        ("INSTALLED", "Y".into()),
        ("LANGUAGE_ID", shared.settings.language.as_str().into()),
    ]
    .into_iter()
    .collect()
}

/// Sends what [`put_up`] made; an application with a page is told nothing yet.
async fn told(shared: &Shared, client_id: &str, requests: Vec<Delivery>) {
    tell::send_install(shared, client_id, requests, |client_id, request| {
        Event::Installed { client_id, request }
    })
    .await;
}

fn check_url(url: &str) -> Result<(), Error> {
    let refuse = |reason: &str| Error::InstallUrl {
        url: url.to_owned(),
        reason: reason.to_owned(),
    };
    let parsed = reqwest::Url::parse(url).map_err(|error| refuse(&error.to_string()))?;
    match parsed.scheme() {
        "http" => Ok(()),
        _ => Err(refuse("this portal speaks plain http only")),
    }
}
