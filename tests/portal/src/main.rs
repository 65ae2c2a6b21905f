#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program speaks to its terminal"
)]
//! A Bitrix24 portal on loopback, for trying robots out by hand.

use std::{process::ExitCode, time::Duration};

use bizproc_portal::{Outcome, Portal};
use clap::Parser;
use serde_json::Value;

/// A Bitrix24 portal on loopback. `GET /-/state` shows everything that happened.
#[derive(Debug, Parser)]
struct Arguments {
    /// Listen on this port of 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Install the application that takes ONAPPINSTALL at this address
    #[arg(long, value_name = "URL")]
    install: Option<String>,
    /// Run the robot or activity with this code as soon as the application has registered it
    #[arg(long, value_name = "CODE", requires = "install")]
    run: Option<String>,
    /// What its author typed into its properties: an object from property id to value
    #[arg(long, value_name = "JSON", requires = "run", default_value = "{}", value_parser = json)]
    inputs: Value,
    /// How many seconds to wait for the registration, and then for the end of the run
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
}

fn json(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text)
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let patience = Duration::from_secs(arguments.patience);
    let portal = Portal::builder().port(arguments.port).start().await?;
    println!("portal {}", portal.url());
    println!("state  {}/-/state", portal.url());
    if let Some(url) = arguments.install {
        let app = portal.install(&url).await?;
        println!("installed {} at {url}", app.client_id());
        println!("ONAPPINSTALL: {}", app.told().outcome);
        println!("access token {}", app.access_token());
    }
    if let Some(code) = arguments.run {
        portal.registered(&code, patience).await?;
        let workflow = portal.run(&code, arguments.inputs).await?;
        println!("workflow {} runs {code}", workflow.id());
        print(&workflow.finished(patience).await?);
    }
    println!("Ctrl-C ends the portal");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn print(outcome: &Outcome) {
    println!("ended: {:?}", outcome.ending);
    for line in &outcome.log {
        println!("log: {line}");
    }
    for (id, value) in &outcome.return_values {
        println!("{id} = {value}");
    }
}
