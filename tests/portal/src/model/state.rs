//! Everything that changes on a portal.

use indexmap::IndexMap;

use crate::model::application::Application;
use crate::model::block::Blocks;
use crate::model::codes::Codes;
use crate::model::document::Documents;
use crate::model::events::Events;
use crate::model::faults::Faults;
use crate::model::files::Files;
use crate::model::grants::Grants;
use crate::model::history::{History, Outgoing};
use crate::model::limits::{Buckets, Load};
use crate::model::queue::Throttle;
use crate::model::registry::Registry;
use crate::model::senders::Senders;
use crate::model::users::Users;
use crate::model::workflow::given_task::Tasks;
use crate::model::workflow::instance::Instance;
use crate::model::workflow::template::Templates;
use crate::rules::error::Error;

/// Everything that changes.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) installations: IndexMap<String, Application>,
    pub(crate) grants: Grants,
    pub(crate) registry: Registry,
    pub(crate) senders: Senders,
    pub(crate) workflows: IndexMap<String, Instance>,
    pub(crate) templates: Templates,
    pub(crate) tasks: Tasks,
    pub(crate) documents: Documents,
    pub(crate) files: Files,
    pub(crate) faults: Faults,
    pub(crate) buckets: Buckets,
    pub(crate) load: Load,
    pub(crate) blocks: Blocks,
    pub(crate) users: Users,
    pub(crate) codes: Codes,
    pub(crate) history: History,
    pub(crate) events: Events,
    pub(crate) throttle: Throttle,
}

impl State {
    /// Wakes everything that waits for a change of this workflow.
    pub(crate) fn wake_workflow(&self, id: &str) {
        if let Some(instance) = self.workflows.get(id) {
            instance.changed.send_replace(());
        }
    }

    /// Returns the error that no robot or activity has this code.
    pub(crate) fn not_registered(&self, code: &str) -> Error {
        let installed = self.installations.values().filter(|app| app.installed);
        let unreached = installed.filter(|app| match &app.last_notification.outcome {
            Outgoing::Responded(response) => !(200..300).contains(&response.status),
            Outgoing::Awaited | Outgoing::Failed(_) => true,
        });
        Error::NotRegistered {
            code: code.to_owned(),
            registered: self.registry.iter().map(|row| row.code.clone()).collect(),
            unreached: unreached
                .map(|app| {
                    format!(
                        "{} {}",
                        app.last_notification.url, app.last_notification.outcome
                    )
                })
                .collect(),
        }
    }
}
