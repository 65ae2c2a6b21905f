//! An application's life on a portal: install, update, uninstall.

use crate::{
    Error, Portal, delivery,
    handler_auth::{self, Tokens},
    history::{Delivery, Event},
    php::{self, Array, Value},
    random,
    state::{Shared, State},
};

/// The user who installs; the portal's administrator.
const INSTALLER: u64 = 1;

/// An application as the portal keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) url: String,
    pub(crate) installed: bool,
    pub(crate) version: i64,
    /// Stands in every request to the application.
    pub(crate) token: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// The last event it was told of.
    pub(crate) told: Delivery,
}

/// An installed application, seen from the portal.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// let app = portal.install("http://127.0.0.1:9000/bizproc/event").await?;
/// println!("call {}bizproc.robot.list?auth={}", portal.endpoint(), app.access_token());
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Installation {
    portal: Portal,
    client_id: String,
}

impl Installation {
    pub(crate) fn new(portal: Portal, client_id: String) -> Self {
        Self { portal, client_id }
    }

    /// The application's id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The portal's id, which every request to the application names.
    #[must_use]
    pub fn member_id(&self) -> &str {
        self.portal.member_id()
    }

    /// What proves that a request comes from the portal; an update changes it.
    #[must_use]
    pub fn application_token(&self) -> String {
        self.read(|application| &application.token)
    }

    /// The administrator's access token of the last installation or update.
    #[must_use]
    pub fn access_token(&self) -> String {
        self.read(|application| &application.access_token)
    }

    /// The refresh token that came with it.
    #[must_use]
    pub fn refresh_token(&self) -> String {
        self.read(|application| &application.refresh_token)
    }

    /// The request by which the application was last told of its installation, update or uninstallation, and what came
    /// back.
    ///
    /// A portal installs an application whether or not it can be reached, and whatever it answers: a test that needs
    /// it to have heard looks here.
    #[must_use]
    pub fn told(&self) -> Delivery {
        self.read(|application| &application.told)
    }

    /// A new access token of a user: 1 is the administrator, everyone else is an ordinary user.
    #[must_use]
    pub fn token_of(&self, user_id: u64) -> String {
        let shared = self.portal.shared();
        shared.grant(&mut shared.lock(), &self.client_id, user_id).0
    }

    /// Updates the application: its registrations are wiped, it gets new tokens and is told by `ONAPPUPDATE`.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] after an uninstallation.
    pub async fn update(&self) -> Result<(), Error> {
        let shared = self.portal.shared();
        let request = {
            let state = &mut *shared.lock();
            let previous = installed(state, &self.client_id)?.version;
            state.registry.wipe(&self.client_id);
            let application_token = random::hex32();
            let tokens = Tokens::issue(shared, state, &self.client_id, INSTALLER);
            let data: Array = [
                ("VERSION", Value::Int(previous + 1)),
                ("PREVIOUS_VERSION", previous.into()),
                ("LANGUAGE_ID", shared.settings.language.as_str().into()),
            ]
            .into_iter()
            .collect();
            let body = event(
                shared,
                "ONAPPUPDATE",
                data,
                Some(&tokens),
                &application_token,
            );
            let (access_token, refresh_token) = tokens.into_pair();
            let application = installed(state, &self.client_id)?;
            let request = Delivery::to(&application.url, body);
            *application = Application {
                url: application.url.clone(),
                installed: true,
                version: previous + 1,
                token: application_token,
                access_token,
                refresh_token,
                told: request.clone(),
            };
            request
        };
        tell(shared, &self.client_id, request, |client_id, request| {
            Event::Updated { client_id, request }
        })
        .await;
        Ok(())
    }

    /// Uninstalls the application: its registrations are wiped, its tokens revoked, and it is told by
    /// `ONAPPUNINSTALL`. `clean` says that its data shall go as well.
    ///
    /// # Errors
    ///
    /// [`Error::NotInstalled`] if it was uninstalled before.
    pub async fn uninstall(&self, clean: bool) -> Result<(), Error> {
        let shared = self.portal.shared();
        let request = {
            let state = &mut *shared.lock();
            state.registry.wipe(&self.client_id);
            let application = installed(state, &self.client_id)?;
            application.installed = false;
            let data: Array = [
                (
                    "LANGUAGE_ID",
                    Value::from(shared.settings.language.as_str()),
                ),
                ("CLEAN", i64::from(clean).into()),
            ]
            .into_iter()
            .collect();
            let body = event(shared, "ONAPPUNINSTALL", data, None, &application.token);
            Delivery::to(&application.url, body)
        };
        tell(shared, &self.client_id, request, |client_id, request| {
            Event::Uninstalled { client_id, request }
        })
        .await;
        Ok(())
    }

    fn read<T: Clone + Default>(&self, field: fn(&Application) -> &T) -> T {
        self.portal
            .shared()
            .lock()
            .installations
            .get(&self.client_id)
            .map(field)
            .cloned()
            .unwrap_or_default()
    }
}

/// Installs an application and tells it by `ONAPPINSTALL`.
pub(crate) async fn install(portal: &Portal, url: &str) -> Result<Installation, Error> {
    check_url(url)?;
    let shared = portal.shared();
    let (client_id, request) = {
        let state = &mut *shared.lock();
        let client_id = format!("local.{}", random::hex32());
        let application_token = random::hex32();
        let tokens = Tokens::issue(shared, state, &client_id, INSTALLER);
        let data: Array = [
            ("VERSION", Value::Int(1)),
            ("ACTIVE", "Y".into()),
            ("INSTALLED", "Y".into()),
            ("LANGUAGE_ID", shared.settings.language.as_str().into()),
        ]
        .into_iter()
        .collect();
        let body = event(
            shared,
            "ONAPPINSTALL",
            data,
            Some(&tokens),
            &application_token,
        );
        let (access_token, refresh_token) = tokens.into_pair();
        let request = Delivery::to(url, body);
        let application = Application {
            url: url.to_owned(),
            installed: true,
            version: 1,
            token: application_token,
            access_token,
            refresh_token,
            told: request.clone(),
        };
        state.installations.insert(client_id.clone(), application);
        (client_id, request)
    };
    tell(shared, &client_id, request, |client_id, request| {
        Event::Installed { client_id, request }
    })
    .await;
    Ok(Installation {
        portal: portal.clone(),
        client_id,
    })
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

fn installed<'a>(state: &'a mut State, client_id: &str) -> Result<&'a mut Application, Error> {
    state
        .installations
        .get_mut(client_id)
        .filter(|application| application.installed)
        .ok_or_else(|| Error::NotInstalled {
            client_id: client_id.to_owned(),
        })
}

fn event(
    shared: &Shared,
    name: &str,
    data: Array,
    tokens: Option<&Tokens>,
    application_token: &str,
) -> String {
    let request: Array = [
        ("event", Value::from(name)),
        ("event_handler_id", "1".into()),
        ("data", data.into()),
        ("ts", shared.now().as_second().into()),
        (
            "auth",
            handler_auth::block(shared, tokens, application_token).into(),
        ),
    ]
    .into_iter()
    .collect();
    php::http_build_query(&request.into())
}

async fn tell(
    shared: &Shared,
    client_id: &str,
    mut request: Delivery,
    event: fn(String, Delivery) -> Event,
) {
    let at = shared.now();
    delivery::post(shared, &mut request).await;
    let state = &mut *shared.lock();
    if let Some(application) = state.installations.get_mut(client_id) {
        application.told.clone_from(&request);
    }
    shared.record_at(state, at, event(client_id.to_owned(), request));
}
