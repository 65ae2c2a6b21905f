//! Programs of another schema that are still running when the tables change.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use bizproc_runtime::store::{
    CallFilter, Postgres, PostgresOptions, RunQuota, Store, StoredReply, Transition,
};
use bizproc_runtime::{Error, ErrorKind};

use super::contents::{FIRST, ROWS, SECOND, portals};
use super::database::Database;
use super::{folder, holds_everything};
use crate::store::backends::{at, call, token};

/// The statements of a former program, by what they do.
fn statements(schema: u32) -> BTreeMap<String, String> {
    let file = folder().join(format!("statements-{schema}.sql"));
    let text = std::fs::read_to_string(file).unwrap();
    let blocks = text.split("\n-- ").skip(1);
    let statements = blocks.map(|block| {
        let (name, statement) = block.split_once('\n').unwrap();
        (name.replace(' ', "_"), statement.trim().to_owned())
    });
    statements.collect()
}

/// What a session of `psql` says: what is run before the tables change, and what after.
struct Session {
    child: std::process::Child,
    input: std::process::ChildStdin,
}

impl Session {
    fn start(database: &Database) -> Self {
        let mut child = database
            .schema
            .program("psql", &database.name)
            .args(["-X", "-q", "-A", "-t"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        Self { child, input }
    }

    fn run(&mut self, text: &str) {
        writeln!(self.input, "{text}").unwrap();
        self.input.flush().unwrap();
    }

    /// Everything that the session printed, errors too.
    fn end(self) -> (String, String) {
        drop(self.input);
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    }
}

/// Each statement works on the former tables; on the present ones it fails, prepared before the
/// change or not, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_former_program_that_still_runs_changes_nothing() {
    let Some(database) = Database::from_dump("schema-1.sql") else {
        return;
    };
    let statements = statements(1);
    assert!(statements.len() > 15, "{statements:?}");
    let mut session = Session::start(&database);
    for (name, statement) in &statements {
        session.run(&format!("PREPARE {name} AS {statement}"));
        session.run(&format!(
            "BEGIN;\nEXECUTE {name};\nROLLBACK;\n\\echo worked {name}"
        ));
    }
    let ready = database.schema.name.clone();
    session.run(&format!("SET application_name = 'ready_{ready}';"));
    wait_until_ready(&database, &ready).await;

    let store = PostgresOptions::new(database.url()).open().await.unwrap();
    for (name, statement) in &statements {
        session.run(&format!("\\echo prepared {name}\nEXECUTE {name};"));
        session.run(&format!("\\echo anew {name}\n{statement}"));
    }
    let (output, errors) = session.end();
    for name in statements.keys() {
        assert!(output.contains(&format!("worked {name}")), "{output}");
    }
    let refused = errors.matches("does not exist").count();
    assert_eq!(refused, 2 * statements.len(), "{errors}");
    assert_eq!(errors.matches("ERROR").count(), refused, "{errors}");
    holds_everything(&store, false).await;
}

async fn wait_until_ready(database: &Database, ready: &str) {
    let asked =
        format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ready_{ready}'");
    for _ in 0..1000 {
        if database.schema.sql(&asked) == "1\n" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the session does not get ready");
}

/// What a program says whose tables a newer one has changed.
fn is_refused<T>(result: Result<T, Error>) {
    let Err(error) = result else {
        panic!("the store works on");
    };
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(
        error
            .to_string()
            .contains("newer version of bizproc-runtime"),
        "{error}"
    );
}

/// The tables change in the way that the next migration will do it.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_that_a_newer_one_has_changed_its_tables() {
    let Some(database) = Database::empty() else {
        return;
    };
    let open = async || -> Arc<Postgres> {
        Arc::new(PostgresOptions::new(database.url()).open().await.unwrap())
    };
    let store = open().await;
    super::fill::fill(&*store).await;
    let quotas = [RunQuota {
        code: "acme",
        max: 1,
    }];
    let claim = store
        .claim_runs(&quotas, 1, at(300))
        .await
        .unwrap()
        .remove(0)
        .claim;
    let rename = |from: &str, to: &str| {
        let statement = format!("ALTER TABLE {from} RENAME TO {to}");
        let renamed = database
            .schema
            .program("psql", &database.name)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &statement])
            .output()
            .unwrap();
        assert!(renamed.status.success(), "{renamed:?}");
    };
    rename("bizproc_calls_2", "bizproc_calls_3");

    let claims = [claim.clone()];
    let defer = || Transition::Defer;
    is_refused(store.accept(call("new"), at(400)).await);
    is_refused(store.runnable_robots().await);
    is_refused(store.claim_runs(&quotas, 1, at(400)).await);
    is_refused(store.portals_with_replies().await);
    is_refused(store.claim_replies(FIRST, 9, at(400)).await);
    is_refused(
        store
            .save_reply(&token("accepted"), StoredReply::default(), at(400))
            .await,
    );
    is_refused(store.finish(&claim, defer(), at(400)).await);
    is_refused(store.extend_leases(&claims, at(500)).await);
    is_refused(store.release_claims(&claims).await);
    is_refused(store.retry_dead(&token("dead with a reply")).await);
    is_refused(store.release_due(at(400)).await);
    is_refused(store.purge_completed(at(400), 9).await);
    is_refused(store.call(&token("accepted")).await);
    is_refused(store.calls(&CallFilter::default()).await);
    is_refused(store.counts().await);
    // The tables of portals are as they were: tokens that are renewed just now are not lost.
    for portal in portals() {
        store.save_portal(portal).await.unwrap();
    }
    assert!(store.portal(SECOND).await.unwrap().is_some());

    rename("bizproc_calls_3", "bizproc_calls_2");
    let records = store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(records.len(), ROWS.len());
    assert!(
        store.finish(&claim, defer(), at(400)).await.unwrap(),
        "nothing has changed"
    );
}
