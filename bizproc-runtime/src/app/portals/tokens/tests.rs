mod gated;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bizproc_portal::{Block, Event, Installation, Portal as Emulator};
use secrecy::ExposeSecret as _;
use tokio::sync::Semaphore;

use std::time::Duration;

use super::*;
use crate::store::Memory;
use gated::Gated;

/// An application that is installed on an emulated portal.
struct Setup {
    emulator: Emulator,
    installation: Installation,
    store: Arc<Gated>,
    portal: Arc<Portal>,
}

impl Setup {
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
    fn renewer(&self) -> TokenRenewer {
        self.renewer_with(Some(self.installation.client_secret().into()))
    }

    fn renewer_with(&self, secret: Option<SecretString>) -> TokenRenewer {
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let hosts = vec!["127.0.0.1".to_owned()];
        TokenRenewer::new(
            store,
            crate::rest::http().unwrap(),
            secret,
            hosts,
            Arc::default(),
        )
    }

    async fn renew(&self, renewer: &TokenRenewer) -> Result<Arc<Portal>> {
        renewer
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
    let setup = Setup::new().await;
    let renewer = setup.renewer();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (renewer, portal) = (renewer.clone(), setup.portal.clone());
        waiting.spawn(async move { renewer.renew(&portal.member_id, &portal.access_token).await });
    }
    for portal in waiting.join_all().await {
        let portal = portal.unwrap();
        assert_eq!(
            text(&portal.access_token),
            text(&setup.stored().await.access_token)
        );
        assert_ne!(text(&portal.access_token), text(&setup.portal.access_token));
    }
    assert_eq!(setup.asked(), 1);
    // A later caller with the old token gets the stored one.
    assert!(setup.renew(&renewer).await.is_ok());
    assert_eq!(setup.asked(), 1);
    // The new tokens are good: for the portal, and for the next renewal.
    let portal = setup.stored().await;
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
    setup.store.open.add_permits(1);
    assert!(
        renewer
            .renew(&portal.member_id, &portal.access_token)
            .await
            .is_ok()
    );
    assert_eq!(setup.asked(), 2);
    assert!(lock(&renewer.renewals.in_flight).is_empty());
}

#[tokio::test]
async fn one_that_joins_the_renewal_of_an_older_token_gets_a_new_one_too() {
    let setup = Setup::new().await;
    let renewer = setup.renewer();
    let older = "older".into();
    let older = renewer.renew(&setup.portal.member_id, &older);
    let (older, newer) = tokio::join!(older, setup.renew(&renewer));
    let current = text(&setup.portal.access_token);
    assert_eq!(text(&older.unwrap().access_token), current);
    assert_ne!(text(&newer.unwrap().access_token), current);
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn no_caller_gets_new_tokens_before_the_store() {
    let setup = Setup::new().await;
    let renewer = setup.renewer();
    setup.store.open.acquire().await.unwrap().forget();
    setup.store.failures.store(1, Ordering::SeqCst);
    let renewing = setup.renew(&renewer);
    tokio::pin!(renewing);
    let asked = async {
        while setup.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    tokio::select! {
        _ = &mut renewing => panic!("given away before it is stored"),
        () = asked => {}
    }
    // The store fails once yet, and is asked again.
    setup.store.open.add_permits(1);
    let portal = renewing.await.unwrap();
    let stored = setup.stored().await;
    assert_eq!(text(&portal.access_token), text(&stored.access_token));
    let new = stored.refresh_token.as_ref().unwrap();
    assert_ne!(text(new), setup.installation.refresh_token());
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_nothing() {
    let setup = Setup::new().await;
    let renewer = setup.renewer();
    setup.store.open.acquire().await.unwrap().forget();
    let early = tokio::time::timeout(Duration::from_millis(100), setup.renew(&renewer)).await;
    assert!(early.is_err());
    setup.store.open.add_permits(1);
    let stored = async {
        while text(&setup.stored().await.access_token) == text(&setup.portal.access_token) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stored)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_another_process_got_is_used() {
    let setup = Setup::new().await;
    let (one, other) = (setup.renewer(), setup.renewer());
    // The one has its tokens and has yet to store them when the other asks.
    setup.store.open.acquire().await.unwrap().forget();
    let open = async {
        while setup.asked() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        setup.store.open.add_permits(1);
    };
    let ((), one, other) = tokio::join!(open, setup.renew(&one), setup.renew(&other));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(text(&one.access_token), text(&other.access_token));
    assert_eq!(setup.asked(), 2, "one of them with a spent token");
}

#[tokio::test]
async fn errors_say_what_to_do_and_are_shared_by_all_that_wait() {
    let setup = Setup::new().await;
    let wrong = setup.renewer_with(Some("wrong secret".into()));
    let waiting = (0..5).map(|_| {
        let (renewer, portal) = (wrong.clone(), setup.portal.clone());
        tokio::spawn(async move { renewer.renew(&portal.member_id, &portal.access_token).await })
    });
    for error in waiting.collect::<Vec<_>>() {
        let error = error.await.unwrap().unwrap_err();
        assert_eq!(error.code(), Some("invalid_client"));
        let shown = format!("{error} {error:?}");
        let refresh_token = setup.installation.refresh_token();
        for secret in [
            "wrong secret",
            &refresh_token,
            setup.installation.client_id(),
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert_eq!(setup.asked(), 1);

    let renewer = setup.renewer();
    let error = async || setup.renew(&renewer).await.unwrap_err();
    setup
        .replace(|portal| portal.client_id = "unknown".to_owned())
        .await;
    assert_eq!(error().await.code(), Some("wrong_client"));
    setup
        .replace(|portal| portal.refresh_token = Some("spent".into()))
        .await;
    let spent = error().await;
    assert_eq!(spent.code(), Some("invalid_grant"));
    assert!(
        spent.to_string().contains("install the application again"),
        "{spent}"
    );
    setup.replace(|portal| portal.refresh_token = None).await;
    assert_eq!(error().await.kind(), ErrorKind::Configuration);
    setup.replace(|_| ()).await;
    setup.installation.set_payment_expired(true).unwrap();
    assert!(error().await.has_code("PAYMENT_REQUIRED"));
    setup.emulator.block(Block::NoAuthorisationServer);
    assert_eq!(error().await.kind(), ErrorKind::NoResponse);
}

#[tokio::test]
async fn without_a_secret_or_for_a_strange_server_nothing_is_sent() {
    let setup = Setup::new().await;
    let error = setup.renew(&setup.renewer_with(None)).await.unwrap_err();
    assert!(
        error.to_string().contains("`App::client_secret`"),
        "{error}"
    );
    let strange = parse_endpoint("https://elsewhere.example/rest/").unwrap();
    setup
        .replace(|portal| portal.server_endpoint = strange)
        .await;
    let error = setup.renew(&setup.renewer()).await.unwrap_err();
    assert!(
        error.to_string().contains("`App::trust_oauth_host`"),
        "{error}"
    );
    let renewer = setup.renewer();
    let error = renewer.renew("unknown", &"x".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInstalled);
    assert_eq!(setup.asked(), 0);
}

#[tokio::test]
async fn what_changed_meanwhile_stays() {
    let setup = Setup::new().await;
    let renewer = setup.renewer();
    let tokens = setup.tokens();
    let renewals = &renewer.renewals;
    setup.store.open.add_permits(10);
    // An update brought another application token.
    setup
        .replace(|portal| portal.application_token = "of the update".into())
        .await;
    let kept = renewals
        .store_tokens(&setup.portal, &tokens)
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
    setup
        .replace(|portal| portal.access_token = "of the installation".into())
        .await;
    let kept = renewals
        .store_tokens(&setup.portal, &tokens)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(text(&kept.access_token), "of the installation");
    // An uninstallation is not undone.
    setup
        .store
        .memory
        .remove_portal(&setup.portal.member_id, SystemTime::now())
        .await
        .unwrap();
    assert!(
        renewals
            .store_tokens(&setup.portal, &tokens)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        setup
            .store
            .portal(&setup.portal.member_id)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_address_that_may_not_have_tokens_or_names_no_portal_is_refused() {
    let setup = Setup::new().await;
    let renewer = setup.renewer();
    let plain = Tokens {
        client_endpoint: Some("http://portal.example/rest/".to_owned()),
        ..setup.tokens()
    };
    let unnamed = Tokens {
        member_id: None,
        ..setup.tokens()
    };
    for tokens in [plain, unnamed] {
        setup.replace(|_| ()).await;
        setup.store.open.add_permits(1);
        let kept = renewer
            .renewals
            .store_tokens(&setup.portal, &tokens)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(kept.client_endpoint, setup.portal.client_endpoint);
        assert_eq!(
            text(&kept.access_token),
            "new access",
            "the tokens are kept all the same"
        );
    }
}
