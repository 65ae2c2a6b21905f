//! The robot of the measurements, and an application with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bizproc_portal::{Installation, Portal};
use bizproc_runtime::store::Store;
use bizproc_runtime::{App, Call, Replied, ReturnValues, Robot};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Result;

pub(crate) const CODE: &str = "bench_work";

/// The time limit of everything that is not measured.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Work
#[derive(Robot)]
#[robot(code = "bench_work", returns = Outputs)]
pub(crate) struct Work {
    /// Customer
    pub(crate) customer: String,
    /// Sum to pay
    #[allow(dead_code, reason = "decoded like every property")]
    sum: f64,
    /// Whether the reply comes later
    #[property(default = false)]
    pub(crate) later: bool,
    /// Comment
    #[allow(dead_code, reason = "decoded like every property")]
    comment: Option<String>,
}

#[derive(ReturnValues)]
pub(crate) struct Outputs {
    pub(crate) letter: String,
}

/// Replies immediately.
pub(crate) async fn work(call: Call<Work>) -> bizproc_runtime::Result<Replied> {
    let letter = format!("Dear {}", call.input.customer);
    call.reply(Outputs { letter }).await
}

/// The properties that an author entered.
pub(crate) fn inputs(later: bool) -> Value {
    json!({
        "customer": "ООО «Ромашка»",
        "sum": "12500.50",
        "later": if later { "Y" } else { "N" },
        "comment": "The customer asks for the papers by e-mail and by post, both before Friday.",
    })
}

/// A running application, which ends when this is dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    server: JoinHandle<bizproc_runtime::Result<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Starts an application, which `configure` completes.
pub(crate) async fn serve(
    store: Arc<dyn Store>,
    configure: impl FnOnce(App) -> App,
) -> Result<Served> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = App::new(format!("http://{address}"))
        .trust_oauth_host("127.0.0.1")
        .store(store);
    let server = tokio::spawn(configure(app).serve(listener));
    Ok(Served { address, server })
}

/// Installs an application on a portal and waits for its robot.
pub(crate) async fn install(portal: &Portal, served: &Served) -> Result<Installation> {
    let address = format!("http://{}/install", served.address);
    let installation = portal.install(&address).await?;
    portal.wait_registered(CODE, TIMEOUT).await?;
    Ok(installation)
}

/// The path and the body of a call that a portal made.
pub(crate) async fn call_of(portal: &Portal) -> Result<(String, String)> {
    let workflow = portal.run(CODE, inputs(false)).await?;
    let call = workflow.wait_called(TIMEOUT).await?;
    let (_, path) = call
        .url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .ok_or("the portal called an address without a path")?;
    Ok((format!("/{path}"), call.body.text()))
}
