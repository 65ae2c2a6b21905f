use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::fixture::{TIMEOUT, UNREACHABLE, shouting_app};

/// A running program, which ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program; the lines it prints until it waits for Ctrl-C or fails, and its error.
async fn run(arguments: &[&str]) -> (Vec<String>, String) {
    let process = Command::new(env!("CARGO_BIN_EXE_bizproc-portal"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut program = Program(process.unwrap());
    let read = tokio::task::spawn_blocking(move || {
        let out = BufReader::new(program.0.stdout.take().unwrap()).lines();
        let lines: Vec<String> = out
            .map(Result::unwrap)
            .take_while(|line| line != "Ctrl-C ends the portal")
            .collect();
        let error = program.0.stderr.take().unwrap();
        drop(program);
        (lines, std::io::read_to_string(error).unwrap())
    });
    tokio::time::timeout(TIMEOUT, read).await.unwrap().unwrap()
}

#[tokio::test]
async fn it_runs_a_robot_and_prints_the_outcome() {
    let (url, server) = shouting_app().await;
    let inputs = r#"{"text": "hello"}"#;
    let arguments = ["--install", &url, "--run", "shout", "--inputs", inputs];
    let (lines, error) = run(&arguments).await;
    assert_eq!(error, "");
    assert!(
        lines[0].starts_with("portal http://127.0.0.1:"),
        "{lines:?}"
    );
    assert!(lines.contains(&"ONAPPINSTALL: responded with 200".to_owned()));
    assert!(lines.iter().any(|line| line.ends_with(" runs shout")));
    let outcome = &lines[lines.len() - 4..];
    assert_eq!(
        outcome,
        [
            "ended: Replied",
            "log: thinking",
            "log: done",
            "shouted = \"HELLO\""
        ]
    );
    server.abort();
}

#[tokio::test]
async fn it_has_the_switches_and_names_its_page() {
    let (url, server) = shouting_app().await;
    let arguments = [
        ["--platform", "24"],
        ["--language", "de"],
        ["--culture", "12/31/2025"],
        ["--rate-plan", "off"],
        ["--fault", "next_step_fails=it is full"],
        ["--install", &url],
        ["--run", "shout"],
    ];
    let (lines, error) = run(arguments.as_flattened()).await;
    assert_eq!(error, "");
    let page = lines[1].strip_prefix("page   http://127.0.0.1:");
    assert!(page.is_some_and(|page| page.ends_with('/')), "{lines:?}");
    assert!(
        lines.contains(&"ended: Failed(\"it is full\")".to_owned()),
        "{lines:?}"
    );
    for (wrong, part) in [
        (
            ["--platform", "27"],
            "[possible values: 26, 25, 24, 24.0, 21, 19]",
        ),
        (["--fault", "hang"], "hang"),
        (["--fault", "none"], "expected one of `error`"),
    ] {
        let (_, error) = run(&wrong).await;
        assert!(error.contains(part), "{wrong:?}: {error}");
    }
    server.abort();
}

#[tokio::test]
async fn it_reports_why_it_cannot_run() {
    let nowhere = ["--install", UNREACHABLE, "--run", "shout"];
    let (lines, error) = run(&[nowhere.as_slice(), &["--patience", "0"]].concat()).await;
    let notice = lines.iter().find(|line| line.starts_with("ONAPPINSTALL: "));
    assert!(notice.unwrap().contains("not reached: "), "{lines:?}");
    assert!(
        error.starts_with("error: no robot or activity \"shout\" is registered")
            && error.contains("not reached: "),
        "{error}"
    );

    for (arguments, part) in [
        (["--run", "shout"].as_slice(), "--install <URL>"),
        (&["--inputs", "{}"], "--run <CODE>"),
        (
            &["--inputs", "{", "--run", "x", "--install", UNREACHABLE],
            "invalid value '{'",
        ),
    ] {
        let (lines, error) = run(arguments).await;
        assert!(
            lines.is_empty() && error.contains(part),
            "{arguments:?}: {error}"
        );
    }
}

#[tokio::test]
async fn it_writes_its_certificate_where_clients_find_it() {
    let file = std::env::temp_dir().join(format!("bizproc-portal-{}.pem", std::process::id()));
    let path = file.to_str().unwrap();
    let (lines, error) = run(&["--https", "--certificate", path]).await;
    assert_eq!(error, "");
    assert!(
        lines[0].starts_with("portal https://127.0.0.1:"),
        "{lines:?}"
    );
    assert!(lines.contains(&format!("certificate {path}")), "{lines:?}");
    let pem = std::fs::read_to_string(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    let (_, error) = run(&["--certificate", "/no/such/folder/x.pem"]).await;
    assert!(
        error.contains("cannot write /no/such/folder/x.pem"),
        "{error}"
    );
}
