use std::path::{Path, PathBuf};
use std::process::Stdio;

use bizproc_portal::{Ending, Installation, Portal, Workflow};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::fixture::{RecordingApp, TIMEOUT, skip};

const CODE: &str = "acme_answer";

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Whether a client was installed; if not, the test is skipped.
fn is_installed(client: &Path) -> bool {
    let found = client.exists();
    if !found {
        let missing = client.display();
        skip(&format!("{missing} is missing; ./tests/run installs it"));
    }
    found
}

/// A portal that speaks https, an application on it, and a client that runs beside both.
struct ClientRun {
    portal: Portal,
    app: RecordingApp,
    installation: Installation,
    client: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl ClientRun {
    async fn start(mut command: Command, certificate_variable: &str, name: &str) -> Self {
        let portal = Portal::builder().https(true).start().await.unwrap();
        let app = RecordingApp::start().await;
        let installation = portal.install(&format!("{}/event", app.url)).await.unwrap();
        let install = app.next_body().await;

        let file = format!("bizproc-portal-{name}-{}.pem", std::process::id());
        let certificate = std::env::temp_dir().join(file);
        std::fs::write(&certificate, portal.certificate()).unwrap();
        let mut client = command
            .env(certificate_variable, &certificate)
            .env("HTTPS_PROXY", portal.url().replace("https://", "http://"))
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = client.stdin.take().unwrap();
        let output = client.stdout.take().unwrap();
        let mut run = Self {
            client,
            input,
            output: BufReader::new(output).lines(),
            portal,
            app,
            installation,
        };
        let parameters = json!({
            "domain": run.portal.url().trim_start_matches("https://"),
            "install": install,
            "client_id": run.installation.client_id(),
            "client_secret": run.installation.client_secret(),
            "code": CODE,
            "handler": format!("{}/robot", run.app.url),
        });
        run.send_line(&parameters.to_string()).await;
        run
    }

    async fn send_line(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    /// Plays the portal until the client ends; the steps it reports, and the workflow it replied to.
    async fn play(mut self) -> (Vec<String>, Workflow, Self) {
        let mut steps = Vec::new();
        let mut workflow = None;
        while let Some(line) = self.output.next_line().await.unwrap() {
            match line.as_str() {
                "?clock" => {
                    self.portal.advance(std::time::Duration::from_hours(1));
                    self.send_line("").await;
                }
                "?call" => {
                    let inputs = json!({"text": "What is the answer?"});
                    workflow = Some(self.portal.run(CODE, inputs).await.unwrap());
                    let call = self.app.next_body().await;
                    self.send_line(&call).await;
                }
                _ => steps.push(line.strip_prefix("ok ").unwrap().to_owned()),
            }
        }
        let status = self.client.wait().await.unwrap();
        assert!(status.success(), "{status} after {steps:?}");
        (steps, workflow.unwrap(), self)
    }
}

/// The steps of every client; some have their own after the first two.
const BEGINNING: [&str; 2] = ["install", "app.info"];
const REST: [&str; 8] = [
    "bizproc.robot.add",
    "bizproc.robot.list",
    "bizproc.robot.update",
    "batch",
    "refresh",
    "call",
    "bizproc.event.send",
    "bizproc.robot.delete",
];

async fn play(run: ClientRun, own_steps: &[&str]) {
    let played = tokio::time::timeout(TIMEOUT * 3, run.play()).await;
    let (steps, workflow, run) = played.expect("the client ends in time");
    assert_eq!(steps, [&BEGINNING, own_steps, &REST].concat());
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
    assert_eq!(done.return_values["answer"], json!("42"));
    assert_eq!(done.log, ["thought"]);
    assert!(run.portal.robots().is_empty());
}

#[tokio::test]
async fn the_official_python_client() {
    let folder = clients().join("python");
    let python = folder.join(".venv/bin/python");
    if !is_installed(&python) {
        return;
    }
    let mut command = Command::new(python);
    command.arg(folder.join("run.py"));
    let run = ClientRun::start(command, "REQUESTS_CA_BUNDLE", "python").await;
    play(run, &["app.info of the authorisation server"]).await;
}

#[tokio::test]
async fn the_official_javascript_client() {
    let folder = clients().join("javascript");
    if !is_installed(&folder.join("node_modules")) {
        return;
    }
    let mut command = Command::new("node");
    command.arg(folder.join("run.mjs"));
    let run = ClientRun::start(command, "NODE_EXTRA_CA_CERTS", "javascript").await;
    play(run, &[]).await;
}
