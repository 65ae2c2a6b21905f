//! Serves the routes on a listener: how many clients at a time, how long each may take, the end.
//!
//! A portal calls once, and anyone who finds the address can call too. So no client keeps others
//! out: one that keeps the application waiting loses its connection when it takes too long, or when
//! another client needs the connection.

mod connection;
mod idle;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::settings::HttpSettings;
use idle::IdleState;

/// The delay after an error of the machine, such as no free descriptor: others may release one.
const ACCEPT_DELAY: Duration = Duration::from_secs(1);

/// When the connection limit is reached, a client idle for at least this long may be disconnected.
const EVICT_AFTER: Duration = Duration::from_secs(1);

/// How often an idle client is looked for, when the limit is reached and no client leaves.
const EVICT_INTERVAL: Duration = Duration::from_millis(50);

/// Requests that were sent before the end are read before idle connections are closed.
const DRAIN_GRACE: Duration = Duration::from_millis(100);

/// How long the last requests may take when everything else has ended.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Serves until `stop` is over; idle connections do not delay the end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    settings: HttpSettings,
    stop: impl Future<Output = ()>,
) {
    let mut connections = Connections::new(settings);
    tokio::select! {
        () = stop => {}
        () = accept(&listener, &router, &mut connections) => {}
    }
    drop(listener);
    connections.drain().await;
}

async fn accept(listener: &TcpListener, router: &Router, connections: &mut Connections) {
    loop {
        // At the limit no client is accepted: the next one waits in the listen queue.
        connections.wait_for_room().await;
        match listener.accept().await {
            Ok((stream, _)) => connections.open(stream, router.clone()),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(
                    retry_in = ?ACCEPT_DELAY,
                    "no connection can be accepted: {error}"
                );
                tokio::time::sleep(ACCEPT_DELAY).await;
            }
        }
    }
}

/// Whether only the connection failed that was to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

/// The open connections.
struct Connections {
    settings: HttpSettings,
    tasks: JoinSet<()>,
    states: HashMap<Id, Arc<IdleState>>,
    draining: CancellationToken,
}

impl Connections {
    fn new(settings: HttpSettings) -> Self {
        Self {
            settings,
            tasks: JoinSet::new(),
            states: HashMap::new(),
            draining: CancellationToken::new(),
        }
    }

    fn open(&mut self, stream: TcpStream, router: Router) {
        let state = Arc::new(IdleState::new(self.settings.client_timeout));
        let draining = self.draining.clone();
        let served = connection::serve(stream, router, Arc::clone(&state), draining);
        let task = self.tasks.spawn(served);
        self.states.insert(task.id(), state);
    }

    /// Waits until one more connection may be open.
    async fn wait_for_room(&mut self) {
        loop {
            while let Some(closed) = self.tasks.try_join_next_with_id() {
                self.forget(closed);
            }
            if self.tasks.len() < self.settings.max_connections {
                return;
            }
            self.evict_longest_idle();
            let closed = tokio::time::timeout(EVICT_INTERVAL, self.tasks.join_next_with_id()).await;
            if let Ok(Some(closed)) = closed {
                self.forget(closed);
            }
        }
    }

    fn forget(&mut self, closed: Result<(Id, ()), JoinError>) {
        let id = closed.map_or_else(|error| error.id(), |(id, ())| id);
        self.states.remove(&id);
    }

    /// Evicts the client that has been idle for longest, if that was long.
    fn evict_longest_idle(&self) {
        let now = Instant::now();
        let longest_idle = self
            .states
            .values()
            .filter_map(|state| Some((state.idle_since()?, state)))
            .filter(|(since, _)| now.duration_since(*since) >= EVICT_AFTER)
            .min_by_key(|(since, _)| *since);
        if let Some((since, state)) = longest_idle {
            state.evict(since);
        }
    }

    async fn drain(mut self) {
        let drained = async {
            tokio::time::sleep(DRAIN_GRACE).await;
            self.draining.cancel();
            while self.tasks.join_next().await.is_some() {}
        };
        // Connections that are left then are dropped, which closes them.
        let _ = tokio::time::timeout(DRAIN_LIMIT, drained).await;
    }
}
