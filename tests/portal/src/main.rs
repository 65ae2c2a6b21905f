#![allow(clippy::print_stdout, reason = "a program speaks to its terminal")]
//! A Bitrix24 portal on loopback, for trying robots out by hand.

use bizproc_portal::Portal;
use clap::Parser;

/// A Bitrix24 portal on loopback. `GET /-/state` shows everything that happened.
#[derive(Debug, Parser)]
struct Arguments {
    /// Listen on this port of 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Install the application that takes ONAPPINSTALL at this address
    #[arg(long)]
    install: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let portal = Portal::builder().port(arguments.port).start().await?;
    println!("portal {}", portal.url());
    println!("state  {}/-/state", portal.url());
    if let Some(url) = arguments.install {
        let app = portal.install(&url).await?;
        println!("installed {} at {url}", app.client_id());
        println!("ONAPPINSTALL: {}", app.told().outcome);
        println!("access token {}", app.access_token());
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}
