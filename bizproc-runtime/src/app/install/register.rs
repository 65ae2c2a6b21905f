//! Registers the robots on a portal.

use std::sync::Arc;

use url::Url;

use super::subscribe::subscribe;
use crate::app::portals::Portals;
use crate::app::worker::Robots;
use crate::definition::Registration;
use crate::portal::Portal;
use crate::registry::{Registered, register_listed};

/// Registers the application's robots on portals, and subscribes to the portals' events.
pub(super) struct Registrar {
    public_url: Url,
    portals: Arc<Portals>,
    robots: Arc<Robots>,
}

impl Registrar {
    pub(super) fn new(public_url: &Url, portals: &Arc<Portals>, robots: &Arc<Robots>) -> Self {
        Self {
            public_url: public_url.clone(),
            portals: Arc::clone(portals),
            robots: Arc::clone(robots),
        }
    }

    /// Registers every robot. `listed` has the codes of the robots that the portal has, if they
    /// were listed just now.
    pub(super) async fn register(
        &self,
        portal: &Portal,
        listed: Option<Vec<String>>,
    ) -> Vec<Registered> {
        let mut at = Registration::new(self.public_url.as_str());
        if let Some(user) = portal.user_id {
            at = at.user_id(user);
        }
        let client = self.portals.limited_client(portal);
        let definitions = self.robots.definitions();
        let registered = register_listed(&client, &definitions, &at, listed).await;
        for Registered { code, result } in &registered {
            let portal = &portal.member_id;
            match result {
                Ok(change) => tracing::info!(portal, robot = code, ?change, "registered"),
                Err(error) => tracing::error!(portal, robot = code, "not registered: {error}"),
            }
        }
        subscribe(&client, &portal.member_id, &self.public_url).await;
        registered
    }
}
