mod encrypted;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::calls::{self, Calls};
use super::{insert, open, read};
use crate::error::ErrorKind;
use crate::rest::EventToken;
use crate::store::sql::cipher::Cipher;
use crate::store::sql::sealed::SealedCall;
use crate::store::sql::value::SqlResult;
use crate::store::sqlite::writer::Change;
use crate::store::{
    AcceptOutcome, CallHead, CallStage, CallState, Completion, NewCall, RunQuota, Sqlite,
    SqliteOptions, Store, StoredReply, Transition,
};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn call(name: &str) -> NewCall {
    let token = EventToken::new(format!("step|{name}"));
    let mut head = CallHead::new(token, "member".to_owned(), "robot".to_owned());
    head.called_at = at(0);
    NewCall::new(head, format!("body of {name}"))
}

/// A folder, and the file of a store in it.
fn file() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("calls.sqlite");
    (folder, file)
}

/// Another connection to the file, to look behind the store.
async fn behind(file: &Path) -> SqliteConnection {
    let url = format!("sqlite:{}", file.display());
    SqliteConnection::connect(&url).await.unwrap()
}

async fn count(connection: &mut SqliteConnection, select: &'static str) -> i64 {
    let count = sqlx::query_scalar(select);
    count.fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn one_program_has_the_file() {
    let (_folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    let error = Sqlite::open(&file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    let text = error.to_string();
    for part in [
        file.to_str().unwrap(),
        "calls.sqlite.lock",
        "another program",
    ] {
        assert!(text.contains(part), "{text}");
    }
    store.accept(call("a"), at(0)).await.unwrap();
    store.close().await;
    let error = store.accept(call("b"), at(0)).await.unwrap_err();
    assert!(error.to_string().contains("it was closed"), "{error}");
    assert!(store.counts().await.is_err());
    let store = Sqlite::open(&file).await.unwrap();
    assert_eq!(store.counts().await.unwrap().get(CallStage::Accepted), 1);
    // A store that is dropped gives the lock free too, soon.
    drop(store);
    for _ in 0..1000 {
        if Sqlite::open(&file).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the lock is still held");
}

#[tokio::test]
async fn tables_of_a_newer_version_are_refused() {
    let (_folder, file) = file();
    Sqlite::open(&file).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations \
                 (version, description, success, checksum, execution_time) \
                 VALUES (99, 'of the future', 1, x'00', 0)";
    sqlx::query(newer)
        .execute(&mut behind(&file).await)
        .await
        .unwrap();
    let error = Sqlite::open(&file).await.unwrap_err().to_string();
    assert!(error.contains("version 99"), "{error}");
    assert!(
        error.contains("a newer version of bizproc-runtime"),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_opened_is_said() {
    let (folder, file) = file();
    std::fs::write(&file, "no database at all, only text".repeat(100)).unwrap();
    let missing = folder.path().join("missing").join("calls.sqlite");
    for file in [file, missing, folder.path().to_owned()] {
        let error = Sqlite::open(&file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        let file = file.to_str().unwrap();
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    store.accept(call("a"), at(0)).await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let (name, mode) = (
            entry.file_name(),
            entry.metadata().unwrap().permissions().mode(),
        );
        if name != "calls.sqlite.lock" {
            assert_eq!(mode & 0o077, 0, "{name:?}");
        }
    }
}

#[tokio::test]
async fn a_claim_ends_with_its_program() {
    let (_folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    store.accept(call("a"), at(0)).await.unwrap();
    let slot = RunQuota {
        code: "robot",
        max: 1,
    };
    let former = store
        .claim_runs(&[slot], 1, at(999))
        .await
        .unwrap()
        .remove(0);
    store.close().await;
    let store = Sqlite::open(&file).await.unwrap();
    assert_eq!(store.release_due(at(0)).await.unwrap(), None);
    let late = store.finish(&former.claim, Transition::Defer, at(1)).await;
    assert!(!late.unwrap());
    let run = store
        .claim_runs(&[slot], 1, at(999))
        .await
        .unwrap()
        .remove(0);
    assert!(run.claim.fence > former.claim.fence);
    assert_eq!((run.runs_started, run.call), (2, former.call));
}

#[tokio::test]
async fn nothing_is_left_of_a_completed_call_but_its_row_and_a_sent_answer() {
    let (_folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    let mut behind = behind(&file).await;
    for (name, completion) in [
        ("gone", Completion::WorkflowGone),
        ("sent", Completion::Delivered),
    ] {
        let call = call(name);
        let token = call.head.event_token.clone();
        store.accept(call, at(0)).await.unwrap();
        store
            .save_reply(&token, StoredReply::default(), at(1))
            .await
            .unwrap();
        let claimed = store.claim_replies("member", 1, at(9)).await.unwrap();
        let next = Transition::Complete(completion);
        assert!(store.finish(&claimed[0].claim, next, at(2)).await.unwrap());
        let record = store.call(&token).await.unwrap().unwrap();
        assert_eq!(record.state, CallState::Completed(completion));
    }
    assert_eq!(count(&mut behind, "SELECT count(*) FROM calls").await, 2);
    assert_eq!(count(&mut behind, "SELECT count(*) FROM bodies").await, 0);
    assert_eq!(count(&mut behind, "SELECT count(*) FROM replies").await, 1);
    store.purge_completed(at(99), 9).await.unwrap();
    assert_eq!(count(&mut behind, "SELECT count(*) FROM calls").await, 0);
    assert_eq!(count(&mut behind, "SELECT count(*) FROM replies").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn none_fails_by_the_fault_of_another() {
    let (_folder, file) = file();
    let store = Arc::new(Sqlite::open(&file).await.unwrap());
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON calls WHEN new.code = 'refused' \
                  BEGIN SELECT RAISE(ABORT, 'refused'); END";
    sqlx::query(refuse)
        .execute(&mut behind(&file).await)
        .await
        .unwrap();
    let mut tasks = Vec::new();
    for index in 0..200 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let mut call = call(&index.to_string());
            let refused = index % 10 == 0;
            if refused {
                "refused".clone_into(&mut call.head.code);
            }
            let accepted = store.accept(call, at(0)).await;
            assert_eq!(accepted.is_err(), refused, "{accepted:?}");
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.counts().await.unwrap().get(CallStage::Accepted), 180);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_and_continues_when_there_is_space() {
    let (_folder, file) = file();
    let options = SqliteOptions::new(&file).max_bytes(1 << 20);
    let store = Arc::new(options.open().await.unwrap());
    let accept = async |name: usize| {
        let mut call = call(&name.to_string());
        call.body = vec![7; 20_000].into();
        store.accept(call, at(0)).await
    };
    let mut kept = 0;
    let error = loop {
        match accept(kept).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!((20..52).contains(&kept), "{kept}");
    assert_eq!(error.kind(), ErrorKind::Store);
    let text = error.to_string();
    for part in [file.to_str().unwrap(), "the disk is full"] {
        assert!(text.contains(part), "{text}");
    }
    // Everything that was stored is there, and can be continued.
    assert_eq!(
        store.counts().await.unwrap().get(CallStage::Accepted),
        kept as u64
    );
    assert!(accept(kept).await.is_err());
    let slot = RunQuota {
        code: "robot",
        max: 5,
    };
    for run in store.claim_runs(&[slot], 5, at(9)).await.unwrap() {
        let next = Transition::Complete(Completion::WorkflowGone);
        assert!(store.finish(&run.claim, next, at(1)).await.unwrap());
    }
    assert_eq!(accept(kept).await.unwrap(), AcceptOutcome::Accepted);
}

/// A change during which SQLite ends the transaction by itself, as it does when the disk is full at
/// the commit.
struct Ended;

#[async_trait]
impl Change for Ended {
    type Output = ();

    async fn make(&self, calls: &mut Calls<'_>) -> SqlResult<()> {
        let ended = sqlx::query("ROLLBACK").execute(&mut *calls.connection);
        ended.await?;
        Err(sqlx::Error::WorkerCrashed)
    }
}

#[tokio::test]
async fn others_follow_a_transaction_that_sqlite_ended() {
    let (_folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    store.writer.make(Ended).await.unwrap_err();
    let accepted = store.accept(call("next"), at(0)).await;
    assert_eq!(accepted.unwrap(), AcceptOutcome::Accepted);
}

/// Whether calls were new is known by the number of rows alone.
#[tokio::test]
async fn calls_are_kept_together_only_when_all_are_new() {
    let (_folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    let mut behind = behind(&file).await;
    let mut calls = Calls {
        connection: &mut behind,
        post_commit: &mut Vec::new(),
    };
    let cipher = Cipher::default();
    let sealed: Vec<_> = (0..150)
        .map(|name| SealedCall::new(&cipher, call(&name.to_string()), at(0)).unwrap())
        .collect();
    let new: Vec<_> = sealed.iter().collect();
    assert!(calls.insert_all(&new[..149]).await.unwrap());
    assert!(
        !calls.insert_all(&new[148..]).await.unwrap(),
        "one is known"
    );
    drop(store);
}

/// However many calls wait, a statement finds its own by an index, in the order of the index.
#[tokio::test]
async fn no_statement_searches_all_calls() {
    let (_folder, file) = file();
    let store = Sqlite::open(&file).await.unwrap();
    let mut behind = behind(&file).await;
    let bodies = insert::bodies(2);
    let statements = [
        (bodies.as_str(), "calls_1"),
        (calls::FIND, "calls_1"),
        (calls::RUNNABLE, "to_run"),
        (calls::SENDABLE, "to_send"),
        (calls::DUE, "due"),
        (calls::COMPLETED, "completed"),
        (open::CLAIMED, "claimed"),
        (read::ONE, "calls_1"),
        (read::DEAD, "dead"),
        (read::COUNTS, "by_stage"),
        (read::ROBOTS, "to_run"),
        (read::PORTALS, "to_send"),
        (read::NEXT_DUE, "due"),
    ];
    for (statement, index) in statements {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(explain))
            .fetch_all(&mut behind)
            .await
            .unwrap();
        let steps = plan.into_iter().map(|(.., step)| step);
        let plan = steps.collect::<Vec<_>>().join("\n");
        let of_calls = plan.lines().filter(|step| step.contains("calls"));
        for step in of_calls {
            assert!(step.contains(index), "{statement}:\n{plan}");
        }
        assert!(plan.contains(index), "{statement}:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{statement}:\n{plan}");
    }
    drop(store);
}
