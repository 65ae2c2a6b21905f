//! Serving the routes on a listener: how many clients at once, how long each may take, the end.
//!
//! A portal calls once, and whoever else finds the address can call too. So nobody keeps others
//! out: who keeps the application waiting loses its connection when it takes too long, or when
//! another one needs the place.

mod connection;
mod idle;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use idle::Waiting;

/// The pause after an error of the machine, such as no free descriptor: others may give one back.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// When all places are taken, who has kept the application waiting for so long may lose its own.
const SILENCE: Duration = Duration::from_secs(1);

/// How often a place is looked for, when all are taken and nobody leaves.
const LOOK: Duration = Duration::from_millis(50);

/// What was sent before the end is read before silent connections are closed.
const LAST_WORD: Duration = Duration::from_millis(100);

/// How long requests that are on their way have when everything else has ended.
const CONNECTIONS_END: Duration = Duration::from_secs(2);

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub(in crate::app) struct Bounds {
    /// Connections at the same time.
    pub(in crate::app) connections: usize,
    /// The time for the head of a request, and the time for taking the answer.
    pub(in crate::app) patience: Duration,
}

/// Serves until `stop` is over; connections that say nothing do not hold up the end.
pub(in crate::app) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let mut connections = Connections::new(bounds);
    tokio::select! {
        () = stop => {}
        () = accept(&listener, &router, &mut connections) => {}
    }
    drop(listener);
    connections.end().await;
}

async fn accept(listener: &TcpListener, router: &Router, connections: &mut Connections) {
    loop {
        // Without a place nobody is accepted: who calls then waits at the listener.
        connections.place().await;
        match listener.accept().await {
            Ok((stream, _)) => connections.open(stream, router.clone()),
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                tracing::error!("no connection can be accepted, and it is tried again: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether only the connection is broken that was to be accepted.
fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

/// The connections that are open.
struct Connections {
    bounds: Bounds,
    tasks: JoinSet<()>,
    waiting: HashMap<Id, Arc<Waiting>>,
    ending: watch::Sender<bool>,
}

impl Connections {
    fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            tasks: JoinSet::new(),
            waiting: HashMap::new(),
            ending: watch::Sender::new(false),
        }
    }

    fn open(&mut self, stream: TcpStream, router: Router) {
        let waiting = Arc::new(Waiting::new(self.bounds.patience));
        let served = connection::serve(
            stream,
            router,
            Arc::clone(&waiting),
            self.ending.subscribe(),
        );
        let task = self.tasks.spawn(served);
        self.waiting.insert(task.id(), waiting);
    }

    /// Waits until there is a place for one more.
    async fn place(&mut self) {
        loop {
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.forget(ended);
            }
            if self.tasks.len() < self.bounds.connections {
                return;
            }
            self.send_one_away();
            let ended = tokio::time::timeout(LOOK, self.tasks.join_next_with_id()).await;
            if let Ok(Some(ended)) = ended {
                self.forget(ended);
            }
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.waiting.remove(&id);
    }

    /// The one that has kept the application waiting for longest leaves, if it was long.
    fn send_one_away(&self) {
        let now = Instant::now();
        let silent = self.waiting.values().filter_map(|waiting| {
            let since = waiting.since()?;
            (now.duration_since(since) >= SILENCE).then_some((since, waiting))
        });
        if let Some((since, waiting)) = silent.min_by_key(|(since, _)| *since) {
            waiting.leave(since);
        }
    }

    async fn end(mut self) {
        let ended = async {
            tokio::time::sleep(LAST_WORD).await;
            self.ending.send_replace(true);
            while self.tasks.join_next().await.is_some() {}
        };
        // What is left then is dropped, and with it closed.
        let _ = tokio::time::timeout(CONNECTIONS_END, ended).await;
    }
}
