use std::path::{Path, PathBuf};
use std::process::Stdio;

use bizproc_portal::{Ending, Installation, Portal, Workflow};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::fixture::{RecordingApp, TIMEOUT};

const CODE: &str = "acme_answer";

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Whether a client was installed; in CI it must have been.
fn is_installed(client: &Path) -> bool {
    let found = client.exists();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{} is missing: ./tests/run installs it",
        client.display()
    );
    if !found {
        eprintln!(
            "skipped: {} is missing; ./tests/run installs it",
            client.display()
        );
    }
    found
}

/// A portal that speaks https, an application on it, and a client that runs beside both.
struct Scene {
    portal: Portal,
    app: RecordingApp,
    installation: Installation,
    client: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Scene {
    async fn start(mut command: Command, certificate_variable: &str, name: &str) -> Self {
        let (portal, app) = (
            Portal::builder().https(true).start().await.unwrap(),
            RecordingApp::start().await,
        );
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
        let (input, output) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
        let mut scene = Self {
            client,
            input,
            output: BufReader::new(output).lines(),
            portal,
            app,
            installation,
        };
        let given = json!({
            "domain": scene.portal.url().trim_start_matches("https://"),
            "install": install,
            "client_id": scene.installation.client_id(),
            "client_secret": scene.installation.client_secret(),
            "code": CODE,
            "handler": format!("{}/robot", scene.app.url),
        });
        scene.tell(&given.to_string()).await;
        scene
    }

    async fn tell(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    /// The steps that the client went through, and the workflow it replied to.
    async fn play(mut self) -> (Vec<String>, Workflow, Self) {
        let (mut steps, mut workflow) = (Vec::new(), None);
        while let Some(line) = self.output.next_line().await.unwrap() {
            match line.as_str() {
                "?clock" => {
                    self.portal.advance(std::time::Duration::from_hours(1));
                    self.tell("").await;
                }
                "?call" => {
                    let inputs = json!({"text": "What is the answer?"});
                    workflow = Some(self.portal.run(CODE, inputs).await.unwrap());
                    let call = self.app.next_body().await;
                    self.tell(&call).await;
                }
                _ => steps.push(line.strip_prefix("ok ").unwrap().to_owned()),
            }
        }
        let status = self.client.wait().await.unwrap();
        assert!(status.success(), "{status} after {steps:?}");
        (steps, workflow.unwrap(), self)
    }
}

/// What every client goes through; some have steps of their own behind the first two.
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

async fn play(scene: Scene, own_steps: &[&str]) {
    let played = tokio::time::timeout(TIMEOUT * 3, scene.play()).await;
    let (steps, workflow, scene) = played.expect("the client ends in time");
    assert_eq!(steps, [&BEGINNING, own_steps, &REST].concat());
    let done = workflow.wait_finished(TIMEOUT).await.unwrap();
    assert_eq!(done.ending, Ending::Replied);
    assert_eq!(done.return_values["answer"], json!("42"));
    assert_eq!(done.log, ["thought"]);
    assert!(scene.portal.robots().is_empty());
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
    let scene = Scene::start(command, "REQUESTS_CA_BUNDLE", "python").await;
    play(scene, &["app.info of the authorisation server"]).await;
}

#[tokio::test]
async fn the_official_javascript_client() {
    let folder = clients().join("javascript");
    if !is_installed(&folder.join("node_modules")) {
        return;
    }
    let mut command = Command::new("node");
    command.arg(folder.join("run.mjs"));
    let scene = Scene::start(command, "NODE_EXTRA_CA_CERTS", "javascript").await;
    play(scene, &[]).await;
}
