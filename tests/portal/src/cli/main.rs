#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program speaks to its terminal"
)]
//! A Bitrix24 portal on loopback, for trying robots out by hand.

mod arguments;

use std::{process::ExitCode, time::Duration};

use arguments::Arguments;
use bizproc_portal::Outcome;
use clap::Parser;

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
    let portal = arguments.builder().start().await?;
    println!("portal {}", portal.url());
    println!("page   {}/", portal.url());
    println!("state  {}/-/state", portal.url());
    println!("authorisation server {}", portal.oauth_url());
    if let Some(file) = &arguments.certificate {
        std::fs::write(file, portal.certificate())
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        println!("certificate {}", file.display());
    }
    for order in arguments.faults {
        match order.method {
            Some(method) => portal.fault_in(&method, order.fault, order.times)?,
            None => portal.fault(order.fault, order.times),
        }
    }
    if let Some(url) = arguments.install {
        let app = portal.install(&url).await?;
        println!("installed {} at {url}", app.client_id());
        println!("ONAPPINSTALL: {}", app.last_notification().outcome);
        println!("access token {}", app.access_token());
        println!("client secret {}", app.client_secret());
    }
    if let Some(code) = arguments.run {
        portal.wait_registered(&code, patience).await?;
        let workflow = portal.run(&code, arguments.inputs).await?;
        println!("workflow {} runs {code}", workflow.id());
        print(&workflow.wait_finished(patience).await?);
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
