//! The robot `md5` with OpenTelemetry: spans and metrics go to standard output. In production, replace
//! the two exporters of `opentelemetry_stdout` with those of OTLP.
//!
//! `cargo run --features opentelemetry --example observed` starts a portal and the application in
//! this process, runs the robot in a workflow, and prints the spans and metrics.
#![allow(clippy::print_stdout, reason = "the example shows what happens")]

use std::error::Error;
use std::time::Duration;

use bizproc_portal::{Fault, Portal};
use bizproc_runtime::{App, Call, Replied, Result, ReturnValues, Robot};
use metrics_exporter_opentelemetry::Recorder;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::json;
use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// MD5 generator
#[derive(Robot)]
#[robot(code = "md5", returns = Md5Hash)]
struct Md5 {
    /// Input string
    #[property(id = "inputString")]
    input: String,
}

#[derive(ReturnValues)]
struct Md5Hash {
    /// MD5
    #[property(id = "outputString")]
    hash: String,
}

async fn md5(call: Call<Md5>) -> Result<Replied> {
    // An event of your own is part of the call's span.
    tracing::info!(bytes = call.input.input.len(), "hashing");
    let hash = format!("{:x}", md5::compute(&call.input.input));
    call.reply(Md5Hash { hash }).await
}

/// Exports the spans of the application and of this example, without those of other libraries.
fn traces() -> SdkTracerProvider {
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .build();
    let ours = Targets::new()
        .with_target("bizproc_runtime", Level::INFO)
        .with_target("observed", Level::INFO);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("observed"));
    tracing_subscriber::registry()
        .with(layer.with_filter(ours))
        .init();
    provider
}

/// Installs the recorder before the application starts, because the application describes its
/// metrics then.
fn meters() -> std::result::Result<SdkMeterProvider, Box<dyn Error>> {
    let exporter = opentelemetry_stdout::MetricExporter::default();
    let (provider, recorder) = Recorder::builder("observed")
        .with_meter_provider(|meters| meters.with_periodic_exporter(exporter))
        .build();
    metrics::set_global_recorder(recorder)?;
    Ok(provider)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let spans = traces();
    let metrics = meters()?;

    let portal = Portal::start().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let app = App::new(&public_url)
        .trust_oauth_host("127.0.0.1")
        .robot(md5);
    tokio::spawn(app.serve(listener));
    portal.install(&format!("{public_url}/install")).await?;
    portal
        .wait_registered("md5", Duration::from_secs(10))
        .await?;

    // One request fails: the reply is sent again, and the spans show it.
    portal.fault(Fault::HtmlBadGateway, 1);
    let input = json!({"inputString": "a"});
    let workflow = portal.run("md5", input).await?;
    let outcome = workflow.wait_finished(Duration::from_secs(10)).await?;
    println!("The workflow continues with {:?}.", outcome.return_values);

    // Exports the rest.
    spans.shutdown()?;
    metrics.shutdown()?;
    Ok(())
}
