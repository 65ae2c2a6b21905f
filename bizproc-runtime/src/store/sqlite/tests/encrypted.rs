use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{at, behind, call, file};
use crate::error::{ErrorKind, Result};
use crate::portal::{Portal, parse_endpoint};
use crate::store::sql::portal;
use crate::store::{
    CallState, CallToRun, Completion, EncryptionKey, NewCall, RunQuota, Sqlite, SqliteOptions,
    Store, Transition,
};

fn key(number: u8) -> EncryptionKey {
    EncryptionKey::new([number; 32])
}

async fn open(file: &Path, keys: &[u8]) -> Result<Sqlite> {
    let mut options = SqliteOptions::new(file);
    for number in keys {
        options = options.encryption_key(key(*number));
    }
    options.open().await
}

fn secret_portal(member_id: &str) -> Arc<Portal> {
    let client_endpoint = parse_endpoint("https://portal.example/rest/").unwrap();
    let server_endpoint = parse_endpoint("https://oauth.bitrix.info/rest/").unwrap();
    let mut portal = Portal::new(member_id, "client", client_endpoint, server_endpoint);
    portal.application_token = "SECRET application".into();
    portal.access_token = "SECRET access".into();
    portal.refresh_token = Some("SECRET refresh".into());
    Arc::new(portal)
}

fn secret(name: &str) -> NewCall {
    let mut call = call(name);
    call.head.access_token = Some(format!("SECRET access of {name}").into());
    call.body = format!("SECRET body of {name}").into();
    call
}

async fn claim(store: &Sqlite, at_most: usize) -> Vec<CallToRun> {
    let slot = RunQuota {
        code: "robot",
        max: at_most,
    };
    store.claim_runs(&[slot], at_most, at(9)).await.unwrap()
}

/// Whether any of the store's files holds a secret.
fn is_readable(folder: &TempDir) -> bool {
    let files = fs::read_dir(folder.path()).unwrap();
    let mut files = files.map(|file| fs::read(file.unwrap().path()).unwrap());
    files.any(|bytes| bytes.windows(6).any(|bytes| bytes == b"SECRET"))
}

#[tokio::test]
async fn no_file_holds_a_secret() {
    for keys in [&[][..], &[1]] {
        let (folder, file) = file();
        let store = open(&file, keys).await.unwrap();
        store.accept(secret("a"), at(0)).await.unwrap();
        store.save_portal(secret_portal("a")).await.unwrap();
        assert_eq!(is_readable(&folder), keys.is_empty(), "while it is open");
        store.close().await;
        assert_eq!(is_readable(&folder), keys.is_empty(), "when it is closed");
        let store = open(&file, keys).await.unwrap();
        assert_eq!(claim(&store, 9).await[0].call, secret("a"));
        let kept = store.portal("a").await.unwrap().unwrap();
        assert_eq!(
            portal::to_json(&kept).unwrap(),
            portal::to_json(&secret_portal("a")).unwrap()
        );
    }
}

#[tokio::test]
async fn a_key_that_is_missing_is_named_and_nothing_is_lost() {
    for what in ["body", "portal"] {
        let (_folder, file) = file();
        let store = open(&file, &[1]).await.unwrap();
        if what == "body" {
            store.accept(secret("a"), at(0)).await.unwrap();
            assert_eq!(claim(&store, 9).await.len(), 1);
        } else {
            store.save_portal(secret_portal("a")).await.unwrap();
        }
        store.close().await;
        for wrong in [&[][..], &[2]] {
            let error = open(&file, wrong).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Store);
            let text = error.to_string();
            let id = format!("{:?}", key(1));
            for part in [file.to_str().unwrap(), &id, "`encryption_key`"] {
                assert!(text.contains(part), "{text}");
            }
        }
        let store = open(&file, &[1]).await.unwrap();
        if what == "body" {
            assert_eq!(claim(&store, 9).await[0].call, secret("a"));
        } else {
            assert!(store.portal("a").await.unwrap().is_some());
        }
    }
}

#[tokio::test]
async fn keys_are_changed() {
    let (folder, file) = file();
    let mut all = Vec::new();
    // Without a key, with one, with a newer one.
    for (name, keys) in [("a", &[][..]), ("b", &[1]), ("c", &[2, 1])] {
        let store = open(&file, keys).await.unwrap();
        store.accept(secret(name), at(0)).await.unwrap();
        all.push(secret(name));
        assert_eq!(store.portal("a").await.unwrap().is_some(), name != "a");
        store.save_portal(secret_portal("a")).await.unwrap();
        store.close().await;
    }
    assert!(is_readable(&folder), "what was kept before is as it was");
    assert!(open(&file, &[2]).await.is_err(), "one is needed still");
    let store = open(&file, &[2, 1]).await.unwrap();
    let runs = claim(&store, 9).await;
    let calls = runs.iter().map(|run| run.call.clone()).collect::<Vec<_>>();
    assert_eq!(calls, all);
    for run in &runs {
        let next = Transition::Complete(Completion::WorkflowGone);
        assert!(store.finish(&run.claim, next, at(1)).await.unwrap());
    }
    store.close().await;
    let store = open(&file, &[2]).await.unwrap();
    assert!(store.portal("a").await.unwrap().is_some());
}

#[tokio::test]
async fn a_body_that_was_changed_holds_up_no_others() {
    let (_folder, file) = file();
    let store = open(&file, &[1]).await.unwrap();
    for name in ["a", "b", "c"] {
        store.accept(secret(name), at(0)).await.unwrap();
    }
    // The body of one call is no body for another.
    let swap = "UPDATE bodies SET body = (SELECT body FROM bodies WHERE number = 1) \
                WHERE number = 2";
    sqlx::query(swap)
        .execute(&mut behind(&file).await)
        .await
        .unwrap();
    let runs = claim(&store, 9).await;
    let calls = runs.into_iter().map(|run| run.call).collect::<Vec<_>>();
    assert_eq!(calls, [secret("a"), secret("c")]);
    let token = call("b").head.event_token;
    let CallState::Dead { reason, .. } = store.call(&token).await.unwrap().unwrap().state else {
        panic!("it is a dead letter");
    };
    assert!(reason.contains("cannot be decrypted"), "{reason}");
}
