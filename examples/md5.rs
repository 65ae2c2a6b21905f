//! The robot `md5` returns the MD5 hash of a text.
//!
//! `cargo run --example md5` starts a portal and the application in this process, installs the
//! application, runs the robot in a workflow, and prints the registration, the call and the reply.
//! With `-- --serve` both keep running; another argument is the text to hash.
#![allow(clippy::print_stdout, reason = "the example shows what happens")]

use std::time::Duration;

use bizproc_portal::{Event, Portal};
use bizproc_runtime::definition::Registration;
use bizproc_runtime::{App, Call, Replied, Result, ReturnValues, Robot};
use serde_json::{Value, json};

/// MD5 generator
///
/// Activity returns MD5 hash of input parameter
#[derive(Robot)]
#[robot(
    code = "md5",
    kind = activity,
    auth_user_id = 1,
    name(ru = "MD5 генератор"),
    description(ru = "Действие возвращает MD5 хеш от входящего параметра"),
    returns = Md5Hash
)]
struct Md5 {
    /// Input string
    ///
    /// Input string for hashing
    #[property(
        id = "inputString",
        name(ru = "Входящая строка"),
        description(ru = "Введите строку, которую вы хотите хешировать"),
        default = "{=Document:NAME}"
    )]
    input: String,
}

#[derive(ReturnValues)]
struct Md5Hash {
    /// MD5
    #[property(id = "outputString", name(ru = "MD5"))]
    hash: String,
}

async fn md5(call: Call<Md5>) -> Result<Replied> {
    let Md5 { input } = &call.input;
    let hash = format!("{:x}", md5::compute(input));
    let log = format!("Got '{input}' string!");
    call.reply(Md5Hash { hash }).log(log).await
}

/// The text to hash, if the command line has none.
const TEXT: &str = "Тестовый текст: Тест событий для поста в ЖЛ";

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let text = arguments
        .find(|argument| argument != "--serve")
        .unwrap_or_else(|| TEXT.to_owned());
    let is_served = std::env::args().any(|argument| argument == "--serve");

    let portal = Portal::builder().language("ru").start().await?;
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

    let workflow = portal.run("md5", json!({"inputString": text})).await?;
    let outcome = workflow.wait_finished(Duration::from_secs(10)).await?;
    workflow.wait_called(Duration::from_secs(10)).await?;

    let params = Md5::DEFINITION.add_params(&Registration::new(&public_url));
    let registration = Value::Object(params);
    println!("Registration, bizproc.activity.add:\n{registration:#}\n");
    show_exchange(&portal)?;
    println!("Log of the workflow:");
    for line in &outcome.log {
        println!("  {line}");
    }
    println!("\nReturn values of the workflow:");
    for (id, value) in &outcome.return_values {
        println!("  {id} = {}", value.as_str().unwrap_or_default());
    }

    if is_served {
        let page = portal.url();
        println!("\nThe portal's page is at {page}/, the application at {public_url}.");
        println!("{page}/-/state shows what happened. Ctrl-C stops both.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}

/// Prints the call of the robot and its reply, as they were sent.
fn show_exchange(portal: &Portal) -> serde_json::Result<()> {
    for record in portal.history() {
        match record.event {
            Event::Called { request, .. } => {
                println!("Call, POST {}:", request.url);
                for (name, value) in form_urlencoded::parse(request.body.as_bytes()) {
                    println!("  {name} = {value}");
                }
            }
            Event::Replied { body, .. } => {
                let body = serde_json::from_slice::<Value>(body.as_bytes())?;
                println!("\nReply, bizproc.event.send:\n{body:#}\n");
            }
            _ => {}
        }
    }
    Ok(())
}
