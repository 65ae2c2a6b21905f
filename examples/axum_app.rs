//! A robot in a web shop on axum that has routes and state of its own: `acme_order` places an order
//! when a deal reaches the step.
//!
//! Merge the robots' routes into the shop's router, do not nest them: they contain the path of the
//! public address already. With `https://shop.example/b24` they are `/b24/install`, `/b24/robot` and
//! so on; nested under `/b24` they would be `/b24/b24/install`, which no portal calls. A proxy in
//! front must not change the path. Merge after the shop's own layers, or a portal is asked to log in.
//!
//! `cargo run --features sqlite --example axum_app` starts a portal and the shop in this process, and
//! a workflow places one order. With `-- --serve` both run until Ctrl-C or SIGTERM.
#![allow(clippy::print_stdout, reason = "the example shows what happens")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use bizproc_portal::Portal;
use bizproc_runtime::store::Sqlite;
use bizproc_runtime::{App, Call, Replied, Result, ReturnValues, Robot};
use serde_json::json;
use tokio::sync::oneshot;

/// How long anything may take here.
const LIMIT: Duration = Duration::from_secs(10);

/// The shop's state, which has nothing to do with robots.
#[derive(Clone, Default)]
struct Shop {
    /// The items, by the key of their order.
    orders: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Shop {
    /// Places at most one order for each key, and returns how many orders there are.
    fn order(&self, key: &str, item: &str) -> usize {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders
            .entry(key.to_owned())
            .or_insert_with(|| item.to_owned());
        orders.len()
    }

    fn router(self) -> Router {
        Router::new().route("/orders", get(orders)).with_state(self)
    }
}

async fn orders(State(shop): State<Shop>) -> String {
    let orders = shop.orders.lock().unwrap_or_else(PoisonError::into_inner);
    let items = orders.values().map(String::as_str).collect::<Vec<_>>();
    format!("orders: {}", items.join(", "))
}

/// Order
///
/// Places an order in the shop.
#[derive(Robot)]
#[robot(code = "acme_order", returns = Placed)]
struct Order {
    /// Item
    item: String,
}

#[derive(ReturnValues)]
struct Placed {
    /// Orders
    orders: u32,
}

/// The robot's code. It may run twice for one call, for instance after a crash: the call's event
/// token is the key, so there is one order. With a database the key would be a unique column.
async fn place(call: Call<Order>, shop: &Shop) -> Result<Replied> {
    let orders = shop.order(call.event_token().as_str(), &call.input.item);
    let orders = u32::try_from(orders).unwrap_or(u32::MAX);
    call.reply(Placed { orders }).log("ordered").await
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let is_served = std::env::args().any(|argument| argument == "--serve");
    let dir = tempfile::tempdir()?;
    let store = Arc::new(Sqlite::open(dir.path().join("calls.sqlite")).await?);
    // A socket that systemd passes has precedence over this address.
    let listener = bizproc_runtime::app::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);

    let shop = Shop::default();
    let robot_shop = shop.clone();
    let service = App::new(format!("{address}/b24"))
        .trust_oauth_host("127.0.0.1")
        .store(Arc::clone(&store) as _)
        .robot(move |call: Call<Order>| {
            let shop = robot_shop.clone();
            async move { place(call, &shop).await }
        })
        .start()?;
    let router = shop.router().merge(service.router());

    let (order_placed, when_placed) = oneshot::channel::<()>();
    let shutdown = async move {
        tokio::select! {
            () = signalled() => {}
            _ = when_placed => {}
        }
        // The robots first, then the server: it stores the calls that arrive meanwhile.
        if service.shutdown(LIMIT).await {
            println!("The robots have shut down.");
        }
    };
    let server = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    let server = tokio::spawn(server.into_future());

    let portal = Portal::start().await?;
    order_once(&portal, &address).await?;
    if is_served {
        let page = portal.url();
        println!("\nThe shop is at {address}/orders, the robots' routes are below {address}/b24.");
        println!("The portal's page is at {page}/. Ctrl-C stops both.");
    } else {
        // A signal may have been faster; then no one receives this.
        let _ = order_placed.send(());
    }
    server.await??;
    store.close().await;
    Ok(())
}

/// Installs the robot and lets a workflow run it.
async fn order_once(portal: &Portal, address: &str) -> std::result::Result<(), Box<dyn Error>> {
    portal.install(&format!("{address}/b24/install")).await?;
    portal.wait_registered("acme_order", LIMIT).await?;
    let input = json!({"item": "a bicycle"});
    let workflow = portal.run("acme_order", input).await?;
    let outcome = workflow.wait_finished(LIMIT).await?;
    println!("The workflow continues with {:?}.", outcome.return_values);
    let orders = reqwest::get(format!("{address}/orders")).await?;
    println!("The shop's own route says: {}", orders.text().await?);
    Ok(())
}

/// Waits for SIGTERM, as service managers send it, or for Ctrl-C.
async fn signalled() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Where there are no signals, something else stops the program.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
