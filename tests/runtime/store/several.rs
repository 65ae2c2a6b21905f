//! Several programs on one PostgreSQL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bizproc_runtime::ErrorKind;
use bizproc_runtime::portal::{Portal, parse_endpoint};
use bizproc_runtime::store::{
    AcceptOutcome, CallStage, EncryptionKey, Postgres, PostgresOptions, RunQuota, Store,
    Subscription, Transition,
};

use super::backends::{CODE, MEMBER, StoreProbe, at, call, quota, reply};
use super::server::Schema;
use crate::fixture::TIMEOUT;

async fn open(schema: &Schema) -> Arc<Postgres> {
    let options = PostgresOptions::new(schema.url()).max_connections(6);
    Arc::new(options.open().await.unwrap())
}

/// Checks that the other program is notified of what happens.
async fn check_notified(inbox: &Subscription, happens: impl Future) {
    // Notifications from before the test, when the program subscribed.
    while tokio::time::timeout(Duration::from_millis(300), inbox.runnable())
        .await
        .is_ok()
    {}
    happens.await;
    let notified = tokio::time::timeout(TIMEOUT, inbox.runnable()).await;
    notified.expect("the other program is notified");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_start_together_wait_for_each_other() {
    let Some(schema) = Schema::new() else { return };
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let options = PostgresOptions::new(schema.url()).max_connections(2);
        tasks.push(tokio::spawn(options.open()));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(schema.sql("SELECT count(*) FROM bizproc_migrations"), "2\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_is_notified_of_the_others_work() {
    let Some(schema) = Schema::new() else { return };
    let first = open(&schema).await;
    let second = open(&schema).await;
    let inbox = second.notifier().subscribe();
    check_notified(&inbox, first.accept(call("a"), at(1))).await;
    let run = StoreProbe(&*second).run().await;
    assert_eq!(run.call, call("a"));
    check_notified(&inbox, second.release_claims(&[run.claim])).await;
    let run = StoreProbe(&*first).run().await;
    let next = Transition::Reply(reply("a"));
    assert!(first.finish(&run.claim, next, at(2)).await.unwrap());
    let notified = tokio::time::timeout(TIMEOUT, inbox.sendable()).await;
    assert_eq!(notified.unwrap(), [MEMBER.to_owned()].into());
    assert_eq!(StoreProbe(&*second).send().await.reply, reply("a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_share_one_rate_limit() {
    let Some(schema) = Schema::new() else { return };
    let programs = [open(&schema).await, open(&schema).await];
    let limits = programs.map(|program| program.shared_rate_limit().unwrap());
    let minute = Duration::from_mins(1);
    let mut waits = Vec::new();
    for number in 0..6 {
        let limit = limits.get(number % 2).unwrap();
        waits.push(limit.reserve(MEMBER, minute, 3).await.unwrap());
    }
    assert_eq!(waits.get(..3).unwrap(), [Duration::ZERO; 3]);
    for (wait, minutes) in waits.iter().skip(3).zip(1..) {
        let least = minute * (minutes - 1) + minute / 2;
        let most = minute * minutes;
        assert!((least..=most).contains(wait), "{wait:?}");
    }
    let [limit, _] = &limits;
    let other = limit.reserve("other\0portal", minute, 3).await.unwrap();
    assert_eq!(other, Duration::ZERO);
    // A bucket that has been full for long is purged.
    schema.sql("UPDATE bizproc_rate_limits SET empty_at = empty_at - interval '1 day'");
    let program = open(&schema).await;
    program.purge_completed(at(1), 10).await.unwrap();
    assert_eq!(
        schema.sql("SELECT count(*) FROM bizproc_rate_limits"),
        "0\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_programs_gets_a_call() {
    const CALLS: usize = 200;
    let Some(schema) = Schema::new() else { return };
    let programs = [
        open(&schema).await,
        open(&schema).await,
        open(&schema).await,
    ];
    let mut tasks = Vec::new();
    for index in 0..CALLS * 3 {
        // Each call comes to each program.
        let name = (index / 3).to_string();
        let store = Arc::clone(&programs[index % 3]);
        tasks.push(tokio::spawn(async move {
            store.accept(call(&name), at(1)).await.unwrap()
        }));
    }
    let mut new = 0;
    for task in tasks {
        new += usize::from(task.await.unwrap() == AcceptOutcome::Accepted);
    }
    assert_eq!(new, CALLS);
    let mut tasks = Vec::new();
    for claimer in 0..12 {
        let store = Arc::clone(&programs[claimer % 3]);
        tasks.push(tokio::spawn(async move {
            let mut claimed = Vec::new();
            let mut idle = 0;
            while idle < 10 {
                let quotas = [quota(claimer + 1)];
                let runs = store.claim_runs(&quotas, 100, at(9)).await.unwrap();
                idle = if runs.is_empty() { idle + 1 } else { 0 };
                claimed.extend(runs.into_iter().map(|run| run.call.head.event_token));
            }
            claimed
        }));
    }
    let mut claimed = BTreeMap::new();
    for task in tasks {
        for token in task.await.unwrap() {
            *claimed.entry(token.as_str().to_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!(claimed.len(), CALLS);
    assert!(claimed.values().all(|times| *times == 1), "{claimed:?}");
}

/// A claim skips calls that are locked, so no other statement may lock one without need.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_others_read_can_be_claimed() {
    let Some(schema) = Schema::new() else { return };
    let busy = open(&schema).await;
    let store = open(&schema).await;
    let probe = StoreProbe(&*store);
    probe.accept(&["a"]).await;
    let lost = probe.run().await.claim;
    store
        .release_claims(std::slice::from_ref(&lost))
        .await
        .unwrap();
    let mut tasks = Vec::new();
    for look in 0..3 {
        let busy = Arc::clone(&busy);
        let lost = lost.clone();
        tasks.push(tokio::spawn(async move {
            loop {
                match look {
                    0 => drop(busy.accept(call("a"), at(2)).await.unwrap()),
                    1 => drop(busy.finish(&lost, Transition::Defer, at(2)).await.unwrap()),
                    _ => busy
                        .release_claims(std::slice::from_ref(&lost))
                        .await
                        .unwrap(),
                }
            }
        }));
    }
    for _ in 0..200 {
        let run = probe.run().await;
        store.release_claims(&[run.claim]).await.unwrap();
    }
    for task in tasks {
        assert!(!task.is_finished(), "it runs until it is aborted");
        task.abort();
    }
}

fn portal(user_id: u64) -> Portal {
    let client_endpoint = parse_endpoint("https://portal.example/rest/").unwrap();
    let server_endpoint = parse_endpoint("https://oauth.bitrix.info/rest/").unwrap();
    let mut portal = Portal::new(MEMBER, "client", client_endpoint, server_endpoint);
    portal.application_token = "SECRET".into();
    portal.user_id = Some(user_id);
    portal
}

/// Waits until a program sees this owner of the portal; `None` when there is no portal.
async fn wait_for_owner(store: &Postgres, owner: Option<u64>) {
    let seen = async {
        loop {
            let portal = store.portal(MEMBER).await.unwrap();
            if portal.map(|portal| portal.user_id.unwrap()) == owner {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = tokio::time::timeout(TIMEOUT, seen).await;
    seen.expect("the portal as the other program left it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_one_program_changes_is_reloaded_by_the_others() {
    let Some(schema) = Schema::new() else { return };
    let first = open(&schema).await;
    let second = open(&schema).await;
    for owner in [1, 2, 3] {
        first.save_portal(portal(owner).into()).await.unwrap();
        wait_for_owner(&first, Some(owner)).await;
        wait_for_owner(&second, Some(owner)).await;
    }
    // Until the last notice has come: it has the portal read once more.
    tokio::time::sleep(Duration::from_millis(300)).await;
    wait_for_owner(&second, Some(3)).await;
    // What is cached is not read.
    schema.sql("UPDATE bizproc_portals SET portal = ''");
    wait_for_owner(&second, Some(3)).await;
    schema.sql("DELETE FROM bizproc_portals");
    first.remove_portal(MEMBER, at(1)).await.unwrap();
    wait_for_owner(&second, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leases_of_a_dead_program_expire() {
    let Some(schema) = Schema::new() else { return };
    let dead = open(&schema).await;
    dead.accept(call("a"), at(1)).await.unwrap();
    let run = StoreProbe(&*dead).run().await;
    dead.close().await;
    let error = dead.accept(call("b"), at(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    let other = open(&schema).await;
    assert!(StoreProbe(&*other).runs(9).await.is_empty());
    assert_eq!(other.release_due(at(99)).await.unwrap(), Some(at(100)));
    assert_eq!(other.release_due(at(100)).await.unwrap(), None);
    let again = StoreProbe(&*other).run().await;
    assert!(again.claim.fence > run.claim.fence);
    assert!(
        !other
            .finish(&run.claim, Transition::Defer, at(101))
            .await
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_is_restored() {
    let Some(schema) = Schema::new() else { return };
    let first = open(&schema).await;
    let second = open(&schema).await;
    let inbox = second.notifier().subscribe();
    for round in 0..3 {
        schema.cut();
        let name = round.to_string();
        // A statement on a cut connection fails, the next one does not.
        let mut tries = 0;
        while let Err(error) = first.accept(call(&name), at(1)).await {
            assert_eq!(error.kind(), ErrorKind::Store, "{error}");
            tries += 1;
            assert!(tries < 50, "{error}");
        }
        assert_eq!(StoreProbe(&*first).stage(&name).await, CallStage::Accepted);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    check_notified(&inbox, first.accept(call("again"), at(1))).await;
    let quotas = [RunQuota { code: CODE, max: 9 }];
    assert_eq!(second.claim_runs(&quotas, 9, at(9)).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_an_error() {
    let Some(schema) = Schema::new() else { return };
    drop(open(&schema).await);
    schema.sql(
        "INSERT INTO bizproc_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'of the future', TRUE, '', 0)",
    );
    let error = Postgres::open(schema.url()).await.unwrap_err();
    assert!(error.to_string().contains("version 99"), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");

    let latin = format!("latin_{}", schema.name);
    schema.sql(&format!(
        "CREATE DATABASE {latin} ENCODING 'LATIN1' TEMPLATE template0"
    ));
    let error = Postgres::open(schema.url_of(&latin)).await.unwrap_err();
    assert!(error.to_string().contains("LATIN1"), "{error}");

    for (url, kind) in [
        (
            "postgres://user:PASSWORD@127.0.0.1:1/robots",
            ErrorKind::Store,
        ),
        ("PASSWORD and no address", ErrorKind::Configuration),
        (
            "postgres://user:PASSWORD@host:port/robots",
            ErrorKind::Configuration,
        ),
    ] {
        let error = Postgres::open(url).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(
            !format!("{error} {error:?}").contains("PASSWORD"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_database_holds_no_secret() {
    let Some(schema) = Schema::new() else { return };
    let key = |number| EncryptionKey::new([number; 32]);
    let options = || PostgresOptions::new(schema.url()).max_connections(2);
    let store = options().encryption_key(key(1)).open().await.unwrap();
    let mut secret = call("a");
    secret.body = "SECRET".into();
    store.accept(secret.clone(), at(1)).await.unwrap();
    store.save_portal(portal(1).into()).await.unwrap();
    for table in ["bizproc_calls_2", "bizproc_portals"] {
        let rows = schema.sql(&format!("SELECT * FROM {table}"));
        assert!(!rows.is_empty());
        // `SECRET`, as `psql` shows bytes.
        assert!(!rows.contains("534543524554"), "{rows}");
    }
    store.close().await;
    for wrong in [options(), options().encryption_key(key(2))] {
        let error = wrong.open().await.unwrap_err().to_string();
        assert!(error.contains(&format!("{:?}", key(1))), "{error}");
    }
    let both = options().encryption_key(key(2)).encryption_key(key(1));
    let store = both.open().await.unwrap();
    assert_eq!(StoreProbe(&store).run().await.call, secret);
    assert_eq!(
        store.portal(MEMBER).await.unwrap().unwrap().user_id,
        Some(1)
    );
}
