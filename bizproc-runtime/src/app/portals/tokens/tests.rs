mod gated;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bizproc_portal::{Block, Event, Installation, Portal as Emulator};
use secrecy::ExposeSecret as _;
use tokio::sync::Semaphore;

use super::*;
use crate::store::Memory;
use gated::Gated;

/// An application that is installed on an emulated portal.
struct CallStage {
    emulator: Emulator,
    installation: Installation,
    store: Arc<Gated>,
    portal: Arc<Portal>,
}

impl CallStage {
    async fn new() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let installation = emulator.install("http://127.0.0.1:1/").await.unwrap();
        let client_endpoint = parse_endpoint(&emulator.endpoint()).unwrap();
        let server_endpoint = parse_endpoint(&format!("{}/rest/", emulator.oauth_url())).unwrap();
        let mut portal = Portal::new(
            installation.member_id(),
            installation.client_id(),
            client_endpoint,
            server_endpoint,
        );
        portal.access_token = installation.access_token().into();
        portal.refresh_token = Some(installation.refresh_token().into());
        let portal = Arc::new(portal);
        let memory = Memory::new();
        memory.save_portal(Arc::clone(&portal)).await.unwrap();
        let store = Arc::new(Gated {
            memory,
            open: Semaphore::new(1),
            failures: AtomicUsize::new(0),
        });
        Self {
            emulator,
            installation,
            store,
            portal,
        }
    }

    /// One process of the application.
    fn access(&self) -> Access {
        self.access_with(Some(self.installation.client_secret().into()))
    }

    fn access_with(&self, secret: Option<SecretString>) -> Access {
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let hosts = vec!["127.0.0.1".to_owned()];
        Access::new(store, crate::rest::http().unwrap(), secret, hosts)
    }

    async fn renew(&self, access: &Access) -> Result<Arc<Portal>> {
        access
            .renew(&self.portal.member_id, &self.portal.access_token)
            .await
    }

    async fn stored(&self) -> Arc<Portal> {
        self.store
            .portal(&self.portal.member_id)
            .await
            .unwrap()
            .unwrap()
    }

    async fn replace(&self, change: impl FnOnce(&mut Portal)) {
        let mut portal = self.portal.duplicate();
        change(&mut portal);
        self.store.memory.save_portal(portal.into()).await.unwrap();
    }

    /// How often the authorisation server was asked for tokens.
    fn asked(&self) -> usize {
        let history = self.emulator.history().into_iter();
        let asked = history.filter(|record| {
            matches!(&record.event, Event::AuthorisationServerAsked { path, .. } if path == "/oauth/token/")
        });
        asked.count()
    }

    fn tokens(&self) -> Tokens {
        Tokens {
            access_token: "new access".into(),
            refresh_token: "new refresh".into(),
            user_id: Some(1),
            member_id: Some(self.portal.member_id.clone()),
            client_endpoint: Some("https://renamed.example/rest/".to_owned()),
        }
    }
}

fn text(token: &SecretString) -> &str {
    token.expose_secret()
}

#[tokio::test]
async fn fifty_that_wait_cause_one_request() {
    let stage = CallStage::new().await;
    let access = stage.access();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (access, portal) = (access.clone(), stage.portal.clone());
        waiting.spawn(async move { access.renew(&portal.member_id, &portal.access_token).await });
    }
    for portal in waiting.join_all().await {
        let portal = portal.unwrap();
        assert_eq!(
            text(&portal.access_token),
            text(&stage.stored().await.access_token)
        );
        assert_ne!(text(&portal.access_token), text(&stage.portal.access_token));
    }
    assert_eq!(stage.asked(), 1);
    // Whoever comes later with the old token gets the stored one.
    assert!(stage.renew(&access).await.is_ok());
    assert_eq!(stage.asked(), 1);
    // The new tokens are good: for the portal, and for the next renewal.
    let portal = stage.stored().await;
    let client = crate::rest::Client::with_http(
        crate::rest::http().unwrap(),
        portal.client_endpoint.clone(),
        portal.access_token.clone(),
    );
    assert!(
        client
            .call::<serde_json::Value>("app.info", serde_json::json!({}))
            .await
            .is_ok()
    );
    stage.store.open.add_permits(1);
    assert!(
        access
            .renew(&portal.member_id, &portal.access_token)
            .await
            .is_ok()
    );
    assert_eq!(stage.asked(), 2);
    assert!(access.inner.flights().is_empty());
}

#[tokio::test]
async fn one_that_joins_the_renewal_of_an_older_token_gets_a_new_one_too() {
    let stage = CallStage::new().await;
    let access = stage.access();
    let older = "older".into();
    let older = access.renew(&stage.portal.member_id, &older);
    let (older, newer) = tokio::join!(older, stage.renew(&access));
    let current = text(&stage.portal.access_token);
    assert_eq!(text(&older.unwrap().access_token), current);
    assert_ne!(text(&newer.unwrap().access_token), current);
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn nobody_gets_new_tokens_before_the_store() {
    let stage = CallStage::new().await;
    let access = stage.access();
    stage.store.open.acquire().await.unwrap().forget();
    stage.store.failures.store(1, Ordering::SeqCst);
    let renewing = stage.renew(&access);
    tokio::pin!(renewing);
    let asked = async {
        while stage.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    tokio::select! {
        _ = &mut renewing => panic!("given away before it is stored"),
        () = asked => {}
    }
    // The store fails once yet, and is asked again.
    stage.store.open.add_permits(1);
    let portal = renewing.await.unwrap();
    let stored = stage.stored().await;
    assert_eq!(text(&portal.access_token), text(&stored.access_token));
    let (new, old) = (
        stored.refresh_token.as_ref().unwrap(),
        stage.installation.refresh_token(),
    );
    assert_ne!(text(new), old);
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_nothing() {
    let stage = CallStage::new().await;
    let access = stage.access();
    stage.store.open.acquire().await.unwrap().forget();
    let early = tokio::time::timeout(Duration::from_millis(100), stage.renew(&access)).await;
    assert!(early.is_err());
    stage.store.open.add_permits(1);
    let stored = async {
        while text(&stage.stored().await.access_token) == text(&stage.portal.access_token) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stored)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_another_process_got_is_used() {
    let stage = CallStage::new().await;
    let (one, other) = (stage.access(), stage.access());
    // The one has its tokens and has yet to store them when the other asks.
    stage.store.open.acquire().await.unwrap().forget();
    let open = async {
        while stage.asked() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stage.store.open.add_permits(1);
    };
    let ((), one, other) = tokio::join!(open, stage.renew(&one), stage.renew(&other));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(text(&one.access_token), text(&other.access_token));
    assert_eq!(stage.asked(), 2, "one of them with a spent token");
}

#[tokio::test]
async fn errors_say_what_to_do_and_are_shared_by_all_that_wait() {
    let stage = CallStage::new().await;
    let wrong = stage.access_with(Some("wrong secret".into()));
    let waiting = (0..5).map(|_| {
        let (access, portal) = (wrong.clone(), stage.portal.clone());
        tokio::spawn(async move { access.renew(&portal.member_id, &portal.access_token).await })
    });
    for error in waiting.collect::<Vec<_>>() {
        let error = error.await.unwrap().unwrap_err();
        assert_eq!(error.code(), Some("invalid_client"));
        let shown = format!("{error} {error:?}");
        let refresh_token = stage.installation.refresh_token();
        for secret in [
            "wrong secret",
            &refresh_token,
            stage.installation.client_id(),
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert_eq!(stage.asked(), 1);

    let access = stage.access();
    let error = async || stage.renew(&access).await.unwrap_err();
    stage
        .replace(|portal| portal.client_id = "nobody".to_owned())
        .await;
    assert_eq!(error().await.code(), Some("wrong_client"));
    stage
        .replace(|portal| portal.refresh_token = Some("spent".into()))
        .await;
    let spent = error().await;
    assert_eq!(spent.code(), Some("invalid_grant"));
    assert!(
        spent.to_string().contains("install the application again"),
        "{spent}"
    );
    stage.replace(|portal| portal.refresh_token = None).await;
    assert_eq!(error().await.kind(), ErrorKind::Configuration);
    stage.replace(|_| ()).await;
    stage.installation.set_payment_expired(true).unwrap();
    assert!(error().await.has_code("PAYMENT_REQUIRED"));
    stage.emulator.block(Block::NoAuthorisationServer);
    assert_eq!(error().await.kind(), ErrorKind::NoResponse);
}

#[tokio::test]
async fn without_a_secret_or_for_a_strange_server_nothing_is_sent() {
    let stage = CallStage::new().await;
    let error = stage.renew(&stage.access_with(None)).await.unwrap_err();
    assert!(
        error.to_string().contains("`App::client_secret`"),
        "{error}"
    );
    let strange = parse_endpoint("https://elsewhere.example/rest/").unwrap();
    stage
        .replace(|portal| portal.server_endpoint = strange)
        .await;
    let error = stage.renew(&stage.access()).await.unwrap_err();
    assert!(
        error.to_string().contains("`App::trust_oauth_host`"),
        "{error}"
    );
    let access = stage.access();
    let error = access.renew("nobody", &"x".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(stage.asked(), 0);
}

#[tokio::test]
async fn what_changed_meanwhile_stays() {
    let stage = CallStage::new().await;
    let access = stage.access();
    let (tokens, inner) = (stage.tokens(), &access.inner);
    stage.store.open.add_permits(10);
    // An update brought another application token.
    stage
        .replace(|portal| portal.application_token = "of the update".into())
        .await;
    let kept = inner
        .store_tokens(&stage.portal, &tokens)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(text(&kept.application_token), "of the update");
    assert_eq!(text(&kept.access_token), "new access");
    assert_eq!(
        kept.client_endpoint.as_str(),
        "https://renamed.example/rest/"
    );
    // An installation brought tokens of its own.
    stage
        .replace(|portal| portal.access_token = "of the installation".into())
        .await;
    let kept = inner
        .store_tokens(&stage.portal, &tokens)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(text(&kept.access_token), "of the installation");
    // An uninstallation is not undone.
    stage
        .store
        .memory
        .remove_portal(&stage.portal.member_id, SystemTime::now())
        .await
        .unwrap();
    assert!(
        inner
            .store_tokens(&stage.portal, &tokens)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        stage
            .store
            .portal(&stage.portal.member_id)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_address_that_may_not_have_tokens_or_is_nobodys_is_not_taken() {
    let stage = CallStage::new().await;
    let access = stage.access();
    let plain = Tokens {
        client_endpoint: Some("http://portal.example/rest/".to_owned()),
        ..stage.tokens()
    };
    let nobodys = Tokens {
        member_id: None,
        ..stage.tokens()
    };
    for tokens in [plain, nobodys] {
        stage.replace(|_| ()).await;
        stage.store.open.add_permits(1);
        let kept = access
            .inner
            .store_tokens(&stage.portal, &tokens)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(kept.client_endpoint, stage.portal.client_endpoint);
        assert_eq!(
            text(&kept.access_token),
            "new access",
            "the tokens are kept all the same"
        );
    }
}
