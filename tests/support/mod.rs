//! An application and a portal that know each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(dead_code, reason = "not every test needs all of it")]

pub(crate) mod captured;
pub(crate) mod flaky;
pub(crate) mod robots;
pub(crate) mod served;

use std::time::Duration;

use bizproc_portal::{Event, Installation, Portal};
use bizproc_runtime::store::State;
use bizproc_runtime::{App, Service};
use tokio::task::JoinHandle;

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// What the application has in common with the authorisation server.
pub(crate) const CLIENT_SECRET: &str = "the secret on the card";

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) service: Service,
    pub(crate) installation: Installation,
    pub(crate) public_url: String,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
}

impl World {
    /// Starts both, installs the application and waits for the robot with this code, and until the
    /// application hears of its own life.
    pub(crate) async fn with(code: &str, app: impl FnOnce(App) -> App) -> Self {
        let portal = Portal::start().await.unwrap();
        Self::on(portal, code, app).await
    }

    pub(crate) async fn on(portal: Portal, code: &str, app: impl FnOnce(App) -> App) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        // Said again is only what a test of that asks for.
        let own = App::new(&public_url)
            .oauth_host("127.0.0.1")
            .client_secret(CLIENT_SECRET)
            .say_again([]);
        let service = app(own).start().unwrap();
        let router = service.router();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let installation = portal
            .install(&format!("{public_url}/install"))
            .card("local.acme", CLIENT_SECRET)
            .await
            .unwrap();
        portal.registered(code, SOON).await.unwrap();
        let world = Self {
            portal,
            service,
            installation,
            public_url,
            server,
        };
        world.bound().await;
        world
    }

    /// Waits until the application is bound to its updates and its uninstallation, each time it
    /// was told of an installation.
    pub(crate) async fn bound(&self) {
        let bound = async {
            loop {
                let history = self.portal.history();
                let told = history.iter().filter(|record| {
                    matches!(
                        record.event,
                        Event::Installed { .. } | Event::Updated { .. }
                    )
                });
                let bindings = history.iter().filter(|record| {
                    matches!(&record.event, Event::Requested { method, answer: Some(_), .. } if method == "event.bind")
                });
                if bindings.count() >= 2 * told.count() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, bound)
            .await
            .expect("the application binds its events");
    }

    /// Posts a body to the robots' address: the status and the answer.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> (u16, String) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.public_url));
        let answer = request.body(body.into()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until the only call ended, and says how.
    pub(crate) async fn ended(&self) -> State {
        let ended = async {
            loop {
                match self
                    .service
                    .calls()
                    .await
                    .unwrap()
                    .first()
                    .map(|record| record.state.clone())
                {
                    Some(state @ (State::Settled(_) | State::Dead { .. })) => return state,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(SOON, ended)
            .await
            .expect("the call ends")
    }
}
