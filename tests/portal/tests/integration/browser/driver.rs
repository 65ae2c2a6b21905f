use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::fixture::{TIMEOUT, http_client, skip};

/// A browser needs much memory, so the tests run one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Starts Chromium without a window and without connections of its own.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
    "--window-size=1100,900",
];

/// A `chromedriver` that is running.
#[derive(Debug)]
struct Driver {
    process: Child,
    url: String,
    profile: PathBuf,
    /// The browser it has started, until that is closed.
    browser: Option<u64>,
    /// Stays open, so that the driver can write to it.
    _out: Lines<BufReader<ChildStdout>>,
}

impl Driver {
    /// `None`, with a note on standard error, without `chromedriver`; in CI a failure.
    fn start() -> Option<Self> {
        let spawned = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = match spawned {
            Ok(process) => process,
            Err(error) => {
                skip(&format!("chromedriver: {error}; ./tests/run installs it"));
                return None;
            }
        };
        let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = out.by_ref().map(Result::unwrap).find_map(|line| {
            let (_, port) = line.rsplit_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let folder = format!("browser-{}", process.id());
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        Some(Self {
            process,
            url: format!(
                "http://127.0.0.1:{}",
                port.expect("ChromeDriver names its port")
            ),
            profile,
            browser: None,
            _out: out,
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // A test that failed has not closed its session, and a browser outlives its driver.
        if let Some(id) = self.browser.take() {
            let _ = Command::new("kill")
                .args(["-KILL", &id.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        // Helper processes may still write to the folder.
        for _ in 0..20 {
            match std::fs::remove_dir_all(&self.profile) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                _ => break,
            }
        }
    }
}

/// A browser with one window.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    session: String,
    http: reqwest::Client,
    driver: Driver,
    _alone: MutexGuard<'static, ()>,
}

impl Browser {
    pub(crate) async fn start() -> Option<Self> {
        let alone = ONE_AT_A_TIME.lock().await;
        let mut driver = Driver::start()?;
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", driver.profile.display()));
        let capabilities = json!({
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&driver.url)
            .await
            .expect("Chromium starts");
        let own = client
            .capabilities()
            .and_then(|own| own.get("goog:processID"));
        driver.browser = own.and_then(Value::as_u64);
        assert!(driver.browser.is_some(), "the driver names its browser");
        let id = client.session_id().await.unwrap().unwrap();
        Some(Self {
            session: format!("{}/session/{id}", driver.url),
            http: http_client(),
            client,
            driver,
            _alone: alone,
        })
    }

    /// Closes the window.
    pub(crate) async fn close(mut self) {
        self.client.clone().close().await.unwrap();
        // Another process may get its number from here on.
        self.driver.browser = None;
    }

    pub(crate) async fn open(&self, url: impl AsRef<str>) {
        self.client.goto(url.as_ref()).await.unwrap();
    }

    /// The first element of a selector, as soon as there is one.
    pub(crate) async fn see(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(TIMEOUT);
        match wait.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}; the page says: {}", self.text("body").await),
        }
    }

    /// Waits until an element's text has a part.
    pub(crate) async fn see_text(&self, css: &str, part: &str) {
        let start = std::time::Instant::now();
        loop {
            // An element may be replaced while it is read.
            let text = self.text(css).await;
            if text.contains(part) {
                return;
            }
            assert!(start.elapsed() < TIMEOUT, "{css} has no {part:?}: {text}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.script(script, vec![json!(css)]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Scrolls to an element and clicks it.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.see(css).await;
        self.script(
            "arguments[0].scrollIntoView({block: 'center'})",
            vec![serde_json::to_value(&element).unwrap()],
        )
        .await;
        element.click().await.unwrap();
    }

    /// Types into an emptied control.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.see(css).await;
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.see(css).await.select_by_value(value).await.unwrap();
    }

    pub(crate) async fn value(&self, css: &str) -> String {
        self.see(css)
            .await
            .prop("value")
            .await
            .unwrap()
            .unwrap_or_default()
    }

    pub(crate) async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Switches the colour scheme of the system.
    pub(crate) async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// The screen of a small phone.
    pub(crate) async fn phone(&self) {
        let screen = json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", screen)
            .await;
    }

    /// A window that shows the page's beginning.
    pub(crate) async fn desk(&self) {
        self.script("scrollTo(0, 0)", Vec::new()).await;
        let screen = json!({"width": 1100, "height": 860, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", screen)
            .await;
    }

    /// A window as high as the page.
    pub(crate) async fn whole_page(&self) {
        let script = "return Math.ceil(document.documentElement.scrollHeight)";
        let height = self.script(script, Vec::new()).await;
        let screen =
            json!({"width": 1100, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", screen)
            .await;
    }

    async fn devtools(&self, command: &str, params: Value) {
        let body = json!({"cmd": command, "params": params});
        self.post("goog/cdp/execute", &body).await;
    }

    /// The errors in the console of the browser since the last call.
    pub(crate) async fn console_errors(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({"type": "browser"})).await;
        let entries = log["value"].as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/{path}", self.session));
        let response = request.body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// Saves a picture of the window below the target folder.
    pub(crate) async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../portal-screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}
