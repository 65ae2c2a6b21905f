//! The application's life on a portal: `ONAPPINSTALL`, `ONAPPUPDATE` and `ONAPPUNINSTALL`.

mod register;
mod subscribe;
mod verify;

use std::sync::Arc;

use tokio::sync::Semaphore;
use url::Url;

use crate::app::lifecycle::Lifecycle;
use crate::app::outbox::Outbox;
use crate::app::portals::Portals;
use crate::app::settings::Settings;
use crate::app::worker::Robots;
use crate::call::form;
use crate::error::{Error, ErrorKind, Result};
use crate::form::{Limits, Node};
use crate::portal::{Auth, Portal, untrusted};
use crate::registry::Registered;
use register::Registrar;
use verify::{Verified, Verifier};

/// The path, below the public address, that receives installations and other events.
pub const INSTALL_PATH: &str = "/install";

/// The most installations that are verified at the same time.
const CONCURRENT: usize = 32;

/// Handles the events of the application's life.
pub(crate) struct Installer {
    portals: Arc<Portals>,
    outbox: Arc<Outbox>,
    lifecycle: Arc<Lifecycle>,
    verifier: Verifier,
    registrar: Arc<Registrar>,
    form_limits: Limits,
    permits: Semaphore,
}

/// What was done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled {
    Installed,
    Uninstalled,
    Ignored,
}

impl Handled {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Uninstalled => "uninstalled",
            Self::Ignored => "ignored",
        }
    }
}

impl Installer {
    pub(crate) fn new(
        public_url: &Url,
        portals: &Arc<Portals>,
        robots: &Arc<Robots>,
        outbox: &Arc<Outbox>,
        lifecycle: &Arc<Lifecycle>,
        settings: &Settings,
    ) -> Self {
        // Anyone can have an installation verified, which takes long when the authorisation server
        // is slow: most connections are left to calls.
        let permits = CONCURRENT.min(settings.http.max_connections.div_ceil(4));
        Self {
            portals: Arc::clone(portals),
            outbox: Arc::clone(outbox),
            lifecycle: Arc::clone(lifecycle),
            verifier: Verifier::new(portals, settings.installations.clone()),
            registrar: Arc::new(Registrar::new(public_url, portals, robots)),
            form_limits: settings.runs.form_limits.clone(),
            permits: Semaphore::new(permits),
        }
    }

    /// Handles one event.
    pub(crate) async fn handle(&self, body: &[u8]) -> Result<Handled> {
        let (event, auth) = self.read(body)?;
        match event.as_deref() {
            // After an update some portals send the one, some the other, and some send both.
            Some("ONAPPINSTALL" | "ONAPPUPDATE") => self.install(&auth).await,
            Some("ONAPPUNINSTALL") => self.uninstall(&auth).await,
            Some(other) => {
                self.portals.authenticate(&auth).await?;
                let platform_event = untrusted(other);
                tracing::debug!(%platform_event, "not an event of the application's life");
                Ok(Handled::Ignored)
            }
            None => Err(Error::new(
                ErrorKind::BadRequest,
                "the request is not an event: it has no `event`; portals post `ONAPPINSTALL` here",
            )),
        }
    }

    /// Registers every robot on a portal, and subscribes to its events.
    pub(crate) async fn register(&self, portal: &Portal) -> Vec<Registered> {
        self.registrar.register(portal, None).await
    }

    fn read(&self, body: &[u8]) -> Result<(Option<String>, Auth)> {
        let request = form(body, &self.form_limits)?;
        let event = request.get("event").and_then(Node::as_text);
        Ok((
            event.map(str::to_ascii_uppercase),
            Auth::from_form(&request)?,
        ))
    }

    /// Stores the portal, and has the robots registered there.
    async fn install(&self, auth: &Auth) -> Result<Handled> {
        let verified = {
            let Ok(_permit) = self.permits.try_acquire() else {
                return Err(too_many(auth));
            };
            self.verifier.verify_installation(auth).await?
        };
        let Verified { portal, listed } = verified;
        self.portals.save(&portal).await?;
        self.outbox.resume(&portal.member_id);
        tracing::info!(portal = portal.member_id, "installed");
        let registrar = Arc::clone(&self.registrar);
        // After the response, because it takes several requests. A shutdown waits for it within its
        // limit: a portal posts an installation once, and without its robots the application is of
        // no use there until the next update.
        self.lifecycle.spawn_awaited(async move {
            registrar.register(&portal, Some(listed)).await;
        });
        Ok(Handled::Installed)
    }

    async fn uninstall(&self, auth: &Auth) -> Result<Handled> {
        let portal = self.portals.authenticate(auth).await?;
        self.portals.remove(&portal.member_id).await?;
        tracing::info!(portal = portal.member_id, "uninstalled");
        Ok(Handled::Uninstalled)
    }
}

fn too_many(auth: &Auth) -> Error {
    let message = format!(
        "too many installations are being verified; install or update the application again on \
         portal `{}`, if it was you",
        untrusted(&auth.member_id)
    );
    Error::new(ErrorKind::BadRequest, message).with_status(503)
}
