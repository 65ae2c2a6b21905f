//! What one call costs in an ordinary life: accepted, run, replied to, delivered three times.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bizproc_runtime::store::{CallState, Completion, EncryptionKey, SqliteOptions, Store};
use bizproc_runtime::{App, Call};
use tempfile::TempDir;

use crate::fixture::alone::is_alone;
use crate::fixture::flaky_store::FlakyStore;
use crate::fixture::logs::{capture, lines};
use crate::fixture::robots::{Count, Input};
use crate::fixture::{TestApp, finish};

/// Starts an application with a store, lets one call live, and returns where its robot saw the
/// portal.
async fn live(store: Arc<dyn Store>, before: impl FnOnce()) -> usize {
    let seen = Arc::new(AtomicUsize::new(0));
    let robot = {
        let seen = Arc::clone(&seen);
        move |call: Call<Input>| {
            seen.store(std::ptr::from_ref(call.portal()).addr(), Ordering::SeqCst);
            call.reply(Count { count: 1 }).into_future()
        }
    };
    let redelivery = [Duration::from_millis(20), Duration::from_millis(40)];
    let configure = |app: App| app.robot(robot).store(store).redelivery(redelivery);
    let app = TestApp::start("acme_count", configure).await;
    before();
    finish(&app.start_count("").await).await;
    let state = app.final_state().await;
    assert_eq!(state, CallState::Completed(Completion::Delivered));
    let member_id = app.portal.member_id();
    let portal = app.store.portal(member_id).await.unwrap().unwrap();
    let address = seen.load(Ordering::SeqCst);
    assert_eq!(
        address,
        Arc::as_ptr(&portal).addr(),
        "the robot's portal is the stored one"
    );
    address
}

fn logged(message: &str) -> usize {
    let lines = lines().into_iter();
    lines
        .filter(|line| line.get("message") == Some(message))
        .count()
}

#[tokio::test]
async fn a_body_is_parsed_twice_and_read_once() {
    if !is_alone(a_body_is_parsed_twice_and_read_once) {
        return;
    }
    capture();
    let folder = TempDir::new().unwrap();
    let options = SqliteOptions::new(folder.path().join("calls.sqlite"));
    let options = options.encryption_key(EncryptionKey::new([1; 32]));
    let store = Arc::new(options.open().await.unwrap());
    let mut before = 0;
    live(store, || {
        before = logged("a body is parsed");
    })
    .await;
    assert_eq!(
        logged("a body is parsed") - before,
        2,
        "to accept the call, and to run it"
    );
    assert_eq!(
        logged("a body is read from the store"),
        1,
        "to run the call"
    );
}

#[tokio::test]
async fn a_portal_is_loaded_once_for_each_step() {
    let store = Arc::new(FlakyStore::default());
    let mut before = 0;
    live(Arc::clone(&store) as Arc<dyn Store>, || {
        before = store.portal_loads();
    })
    .await;
    // Accepted, run, delivered three times; and once by the test.
    assert_eq!(store.portal_loads() - before, 5 + 1);
}

/// A portal cannot be cloned, and is copied only to be changed.
#[test]
fn portals_are_shared() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bizproc-runtime/src");
    let mut copying = Vec::new();
    let mut folders = vec![sources];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && name != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("impl Clone for Portal"), "{name}");
                copying.extend(text.contains(".duplicate()").then_some(name));
            }
        }
    }
    copying.sort();
    assert_eq!(copying, ["relocate.rs", "tokens.rs"]);
}
