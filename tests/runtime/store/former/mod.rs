//! Files and dumps of former schemas: they open, nothing in them is lost, and their calls continue.
//! A program of a former schema that is still running changes nothing any more.

mod contents;
mod database;
mod fill;
mod running;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bizproc_runtime::store::{
    AcceptOutcome, CallFilter, CallStage, Completion, EncryptionKey, NewCall, PostgresOptions,
    RunQuota, SqliteOptions, Store, Transition,
};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use self::contents::{FIRST, ROWS, Row, SECOND, State, THIRD, portals, reply};
use self::database::Database;
use crate::store::backends::{at, token};

/// The schemas of which there are files.
const FORMER: [u32; 1] = [1];
/// The schema of this program, of which `write_the_files_of_this_schema` writes them.
const PRESENT: u32 = 2;

fn key() -> EncryptionKey {
    EncryptionKey::new([7; 32])
}

/// Files of a schema: with what they end, and whether they are encrypted.
const KINDS: [(&str, bool); 2] = [("", false), ("-encrypted", true)];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime/store/former")
}

fn sqlite(file: &Path, is_encrypted: bool) -> SqliteOptions {
    let options = SqliteOptions::new(file);
    if is_encrypted {
        options.encryption_key(key())
    } else {
        options
    }
}

fn postgres(database: &Database, is_encrypted: bool) -> PostgresOptions {
    let options = PostgresOptions::new(database.url()).max_connections(4);
    if is_encrypted {
        options.encryption_key(key())
    } else {
        options
    }
}

#[tokio::test]
async fn a_file_of_a_former_schema_opens_and_continues() {
    for schema in FORMER {
        for (kind, is_encrypted) in KINDS {
            let folder_of_test = TempDir::new().unwrap();
            let file = folder_of_test.path().join("calls.sqlite");
            std::fs::copy(
                folder().join(format!("schema-{schema}{kind}.sqlite")),
                &file,
            )
            .unwrap();
            for _ in 0..2 {
                let store = sqlite(&file, is_encrypted).open().await.unwrap();
                holds_everything(&store, true).await;
                store.close().await;
            }
            let store = sqlite(&file, is_encrypted).open().await.unwrap();
            continues(&store).await;
        }
    }
}

#[tokio::test]
async fn a_dump_of_a_former_schema_opens_and_continues() {
    for schema in FORMER {
        for (kind, is_encrypted) in KINDS {
            let Some(database) = Database::from_dump(&format!("schema-{schema}{kind}.sql")) else {
                return;
            };
            for _ in 0..2 {
                let store = postgres(&database, is_encrypted).open().await.unwrap();
                holds_everything(&store, false).await;
                store.close().await;
            }
            let store = postgres(&database, is_encrypted).open().await.unwrap();
            continues(&store).await;
        }
    }
}

/// A missing key is found before the tables change, so that a former program can still use them.
#[tokio::test]
async fn a_former_schema_without_its_key_stays_as_it_is() {
    let folder_of_test = TempDir::new().unwrap();
    let file = folder_of_test.path().join("calls.sqlite");
    std::fs::copy(folder().join("schema-1-encrypted.sqlite"), &file).unwrap();
    let before = std::fs::read(&file).unwrap();
    for options in [
        SqliteOptions::new(&file),
        SqliteOptions::new(&file).encryption_key(EncryptionKey::new([8; 32])),
    ] {
        let refused = options.open().await.unwrap_err().to_string();
        assert!(refused.contains("nothing was changed"), "{refused}");
    }
    let after = std::fs::read(&file).unwrap();
    assert!(before == after, "the file has changed");
    holds_everything(&sqlite(&file, true).open().await.unwrap(), true).await;

    let Some(database) = Database::from_dump("schema-1-encrypted.sql") else {
        return;
    };
    let before = database.dump();
    let options = PostgresOptions::new(database.url()).max_connections(4);
    let refused = options.open().await.unwrap_err().to_string();
    assert!(refused.contains("nothing was changed"), "{refused}");
    assert_eq!(before, database.dump());
    let store = postgres(&database, true).open().await.unwrap();
    holds_everything(&store, false).await;
    store.close().await;
}

/// Before the tables change: `cargo test -p bizproc-tests --test runtime -- --ignored write_the_files`.
#[tokio::test]
#[ignore = "writes the files that prove the next migration"]
async fn write_the_files_of_this_schema() {
    for (kind, is_encrypted) in KINDS {
        let file = folder().join(format!("schema-{PRESENT}{kind}.sqlite"));
        let store = sqlite(&file, is_encrypted).open().await.unwrap();
        fill::fill(&store).await;
        store.close().await;
        std::fs::remove_file(file.with_extension("sqlite.lock")).unwrap();
        let database = Database::empty().expect("PostgreSQL");
        let store = postgres(&database, is_encrypted).open().await.unwrap();
        fill::fill(&store).await;
        let shared = store.shared_rate_limit().unwrap();
        shared
            .reserve(FIRST, Duration::from_millis(500), 50)
            .await
            .unwrap();
        store.close().await;
        let dump = folder().join(format!("schema-{PRESENT}{kind}.sql"));
        std::fs::write(dump, database.dump()).unwrap();
    }
}

/// The contents that the tests expect are those that the present program writes.
#[tokio::test]
async fn the_present_schema_holds_the_same() {
    let folder_of_test = TempDir::new().unwrap();
    let file = folder_of_test.path().join("calls.sqlite");
    let store = sqlite(&file, true).open().await.unwrap();
    fill::fill(&store).await;
    store.close().await;
    let store = sqlite(&file, true).open().await.unwrap();
    holds_everything(&store, true).await;
    continues(&store).await;
}

/// That a store holds what the files hold; one of one program has released what was claimed.
async fn holds_everything(store: &dyn Store, are_released: bool) {
    let records = store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(records.len(), ROWS.len());
    for (record, row) in records.iter().zip(&ROWS) {
        row.check(record, are_released);
        let found = store.call(&token(row.1)).await.unwrap().unwrap();
        row.check(&found, are_released);
    }
    let counts = store.counts().await.unwrap();
    for stage in CallStage::ALL {
        let expected = ROWS.iter().filter(|row| row.stage() == stage).count();
        assert_eq!(counts.get(stage), expected as u64, "{stage:?}");
    }
    assert_eq!(counts.oldest_open, Some(at(1)));
    assert_eq!(store.portals().await.unwrap().len(), 3);
    for expected in portals() {
        let found = store.portal(&expected.member_id).await.unwrap().unwrap();
        // The tokens beside what is shown.
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        assert!(found.has_access_token(&expected.access_token));
        let secrets = [&found, &expected].map(|portal| {
            let refresh = portal
                .refresh_token
                .as_ref()
                .map(ExposeSecret::expose_secret);
            (portal.application_token.expose_secret(), refresh)
        });
        assert_eq!(secrets[0], secrets[1]);
    }
}

async fn continues(store: &dyn Store) {
    assert_eq!(store.release_due(at(200)).await.unwrap(), Some(at(900)));
    runs_continue(store).await;
    replies_continue(store).await;
    known_calls_are_known(store).await;
    for name in ["dead without a reply", "dead with a reply"] {
        assert!(store.retry_dead(&token(name)).await.unwrap());
    }
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.get(CallStage::Dead), 0);
    // In the order in which they were completed.
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(
            store.purge_completed(at(100), 1).await.unwrap(),
            1,
            "{left}"
        );
    }
    assert_eq!(store.purge_completed(at(100), 1).await.unwrap(), 0);
    assert_eq!(store.release_due(at(900)).await.unwrap(), None);
    let deferred = store.call(&token("deferred")).await.unwrap().unwrap();
    assert_eq!(deferred.state.stage(), CallStage::Completed);
}

async fn runs_continue(store: &dyn Store) {
    let quotas = ["acme", "acme_crash", "md5"].map(|code| RunQuota { code, max: 99 });
    let runs = store.claim_runs(&quotas, 99, at(300)).await.unwrap();
    let expected = ROWS.iter().filter(|row| row.stage() == CallStage::Accepted);
    let mut expected = expected.map(|row| (row.1, row)).collect::<BTreeMap<_, _>>();
    for run in runs {
        let name = run
            .call
            .head
            .event_token
            .as_str()
            .rsplit('|')
            .next()
            .unwrap();
        let row = expected.remove(name).unwrap();
        assert_eq!(run.call, NewCall::new(row.head(), row.body()), "{name}");
        let [runs, failures, ..] = row.5;
        assert_eq!(
            (run.runs_started, run.failures),
            (runs + 1, failures),
            "{name}"
        );
        let replied = Transition::Reply(reply(name));
        assert!(store.finish(&run.claim, replied, at(201)).await.unwrap());
    }
    assert!(expected.is_empty(), "{:?}", expected.keys());
}

async fn replies_continue(store: &dyn Store) {
    let is_sent = |row: &&Row| {
        let expects_reply = row.head().expects_reply;
        match row.stage() {
            CallStage::Accepted => expects_reply,
            stage => matches!(stage, CallStage::Replied | CallStage::Delivered),
        }
    };
    let mut expected = ROWS
        .iter()
        .filter(is_sent)
        .map(|row| (row.1, row))
        .collect::<BTreeMap<_, _>>();
    for member_id in [FIRST, SECOND, THIRD] {
        for send in store.claim_replies(member_id, 99, at(300)).await.unwrap() {
            let name = send.head.event_token.as_str().rsplit('|').next().unwrap();
            let row = expected.remove(name).unwrap();
            assert_eq!(send.head, row.head(), "{name}");
            let token = |head: &bizproc_runtime::store::CallHead| {
                let token = head.access_token.as_ref();
                token.map(|token| token.expose_secret().to_owned())
            };
            assert_eq!(token(&send.head), token(&row.head()));
            assert_eq!(send.reply, reply(name));
            assert_eq!(send.history, row.history(), "{name}");
            let delivered = Transition::Complete(Completion::Delivered);
            assert!(store.finish(&send.claim, delivered, at(202)).await.unwrap());
        }
    }
    assert!(expected.is_empty(), "{:?}", expected.keys());
}

async fn known_calls_are_known(store: &dyn Store) {
    for row in &ROWS {
        let outcome = match row.2 {
            State::Completed(Completion::Delivered) => AcceptOutcome::Redelivered,
            State::Completed(_) | State::Deferred | State::Failed(_) | State::Undelivered(_) => {
                AcceptOutcome::Duplicate
            }
            // They were delivered by now.
            _ => continue,
        };
        let again = NewCall::new(row.head(), row.body());
        assert_eq!(
            store.accept(again, at(203)).await.unwrap(),
            outcome,
            "{}",
            row.1
        );
    }
}
