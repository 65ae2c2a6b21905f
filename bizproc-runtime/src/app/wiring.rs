//! Makes the parts of an application, gives each what it needs, and starts their tasks.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::app::http::{BodyReader, Health, Http};
use crate::app::inbox::{Inbox, Journal};
use crate::app::install::Installer;
use crate::app::leases::Leases;
use crate::app::lifecycle::{Lifecycle, StopGuard};
#[cfg(feature = "operator")]
use crate::app::operator::Operator;
use crate::app::outbox::Outbox;
use crate::app::portals::Portals;
use crate::app::settings::Settings;
#[cfg(feature = "metrics")]
use crate::app::telemetry::metrics;
use crate::app::upkeep;
use crate::app::worker::{Robots, Worker};
use crate::store::Store;

/// What an application is made of.
pub(crate) struct Ingredients {
    pub(crate) public_url: Url,
    pub(crate) robots: Robots,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) settings: Settings,
    pub(crate) http: reqwest::Client,
    pub(crate) journal: Option<Journal>,
}

/// The parts of a running application.
pub(crate) struct Parts {
    pub(crate) public_url: Url,
    pub(crate) core: Core,
    pub(crate) installer: Arc<Installer>,
    pub(crate) http: Arc<Http>,
    #[cfg(feature = "operator")]
    pub(crate) operator: Operator,
}

/// The parts that run calls and send replies.
pub(crate) struct Core {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) robots: Arc<Robots>,
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) portals: Arc<Portals>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) worker: Arc<Worker>,
}

/// Makes the parts, each from those that it uses, and starts their tasks.
pub(crate) fn start(ingredients: Ingredients) -> Parts {
    let Ingredients {
        public_url,
        robots,
        store,
        settings,
        http,
        journal,
    } = ingredients;
    let core = Core::new(store, Arc::new(robots), http, &settings);
    let inbox = Arc::new(Inbox::new(
        &core.store,
        &core.portals,
        &core.robots,
        &core.worker,
        journal,
        settings.runs.form_limits.clone(),
    ));
    let installer = Arc::new(Installer::new(
        &public_url,
        &core.portals,
        &core.robots,
        &core.outbox,
        &core.lifecycle,
        &settings,
    ));
    let tasks = StopGuard::new(&core.lifecycle);
    let reader = Arc::new(BodyReader::new(
        settings.http.body_limit,
        settings.http.client_timeout,
    ));
    let health = Health::new(&core.store, &core.lifecycle);
    let http = Http::new(&inbox, &installer, &reader, health, &tasks);
    core.start_tasks(inbox, settings.retention);
    Parts {
        #[cfg(feature = "operator")]
        operator: Operator {
            store: Arc::clone(&core.store),
            robots: Arc::clone(&core.robots),
            outbox: Arc::clone(&core.outbox),
            reader,
            public_url: public_url.clone(),
            _tasks: tasks,
        },
        public_url,
        core,
        installer,
        http: Arc::new(http),
    }
}

impl Core {
    fn new(
        store: Arc<dyn Store>,
        robots: Arc<Robots>,
        http: reqwest::Client,
        settings: &Settings,
    ) -> Self {
        let lifecycle = Arc::<Lifecycle>::default();
        let leases = Arc::new(Leases::new(Arc::clone(&store)));
        let portals = Arc::new(Portals::new(&store, http, settings, &lifecycle));
        let outbox = Outbox::new(
            &store,
            &portals,
            &leases,
            &lifecycle,
            settings.replies.redelivery.clone(),
        );
        let worker = Worker::new(
            &store,
            &robots,
            &portals,
            &leases,
            &lifecycle,
            settings.runs.clone(),
        );
        Self {
            store,
            robots,
            lifecycle,
            leases,
            portals,
            outbox: Arc::new(outbox),
            worker: Arc::new(worker),
        }
    }

    fn start_tasks(&self, inbox: Arc<Inbox>, retention: Duration) {
        let lifecycle = &self.lifecycle;
        let store = || Arc::clone(&self.store);
        let worker = || Arc::clone(&self.worker);
        let outbox = || Arc::clone(&self.outbox);
        #[cfg(feature = "metrics")]
        {
            metrics::describe();
            let portals = Arc::clone(&self.portals);
            lifecycle.spawn(upkeep::gauges(store(), worker(), outbox(), portals));
        }
        lifecycle.spawn_critical(worker().run());
        lifecycle.spawn_critical(outbox().run());
        lifecycle.spawn_critical(upkeep::release_due(store()));
        lifecycle.spawn_critical(upkeep::search(store(), worker()));
        lifecycle.spawn_critical(upkeep::purge(store(), retention));
        lifecycle.spawn_critical(Arc::clone(&self.leases).heartbeat());
        if inbox.has_journal() {
            lifecycle.spawn_critical(inbox.recover());
        }
    }
}
