//! Robots that several tests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bizproc_runtime::{App, Call, Replied, ReturnValues, Robot};

use super::World;

/// Ping
#[derive(Robot)]
#[robot(code = "acme_ping")]
pub(crate) struct Ping;

/// Count
#[derive(Robot)]
#[robot(code = "acme_count", returns = Count)]
pub(crate) struct Input {
    mode: Option<String>,
}

#[derive(ReturnValues)]
pub(crate) struct Count {
    pub(crate) count: u32,
}

/// Counts its runs; fails or panics as often as the mode says, or takes its time.
pub(crate) fn counting(app: App, runs: &Arc<AtomicUsize>) -> App {
    let runs = Arc::clone(runs);
    app.robot(move |call: Call<Input>| {
        let count = runs.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            if call.input.mode.as_deref() == Some("slow") {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            match call.input.mode.as_deref() {
                Some("panic") => panic!("the robot's own panic"),
                Some("fail") => Err(bizproc_runtime::Error::handler("no numbers today")),
                Some("fail once") if count == 1 => Err(bizproc_runtime::Error::handler("not yet")),
                _ => {
                    call.reply(Count {
                        count: u32::try_from(count).unwrap(),
                    })
                    .await
                }
            }
        }
    })
}

pub(crate) async fn count(attempts: u32) -> (World, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let world = World::with("acme_count", |app| counting(app, &runs).attempts(attempts)).await;
    (world, runs)
}

/// Echo
#[derive(Robot)]
#[robot(code = "acme_echo", returns = Echoed)]
pub(crate) struct Echo {
    text: String,
}

#[derive(ReturnValues)]
pub(crate) struct Echoed {
    echoed: String,
}

/// Answers what it was given.
pub(crate) async fn echo(call: Call<Echo>) -> bizproc_runtime::Result<Replied> {
    let echoed = call.input.text.clone();
    call.reply(Echoed { echoed }).await
}
