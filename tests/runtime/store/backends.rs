//! The stores under test, and calls to put into them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bizproc_runtime::call::Document;
use bizproc_runtime::rest::EventToken;
use bizproc_runtime::store::{
    AcceptOutcome, CallHead, CallRecord, CallStage, CallToRun, Memory, NewCall, PostgresOptions,
    ReplyToSend, RunQuota, Sqlite, Store, StoredReply,
};
use tempfile::TempDir;

use super::server::Schema;

/// The portal and the robot of a call, unless a test sets others.
pub(crate) const MEMBER: &str = "member";
pub(crate) const CODE: &str = "robot";

/// What a store keeps its data in; the store can be opened several times.
#[derive(Debug)]
pub(crate) enum Backend {
    Memory,
    Sqlite(SqliteFiles),
    Postgres(Schema),
}

/// The files of an SQLite database.
#[derive(Debug)]
pub(crate) struct SqliteFiles {
    /// The folder of the newest files, and those of the programs that crashed.
    folders: Mutex<Vec<TempDir>>,
    opened: Mutex<Option<Arc<Sqlite>>>,
}

impl SqliteFiles {
    pub(crate) fn new() -> Self {
        Self {
            folders: Mutex::new(vec![TempDir::new().unwrap()]),
            opened: Mutex::default(),
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        let folders = self.folders.lock().unwrap();
        folders.last().unwrap().path().to_owned()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("calls.sqlite")
    }

    pub(crate) async fn open(&self) -> Arc<Sqlite> {
        let store = Arc::new(Sqlite::open(self.file()).await.unwrap());
        *self.opened.lock().unwrap() = Some(Arc::clone(&store));
        store
    }

    async fn close(&self) {
        let opened = self.opened.lock().unwrap().take();
        if let Some(opened) = opened {
            opened.close().await;
        }
    }

    /// Copies the files of an open database as a killed program would leave them.
    pub(crate) fn copy(&self) {
        let copies = TempDir::new().unwrap();
        for entry in std::fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            // SQLite rebuilds the index of the log from the log.
            if !path.to_str().unwrap().ends_with("-shm") {
                let copy = copies.path().join(path.file_name().unwrap());
                std::fs::copy(path, copy).unwrap();
            }
        }
        self.folders.lock().unwrap().push(copies);
    }
}

#[allow(clippy::unused_async, reason = "a store on a files takes its time")]
impl Backend {
    pub(crate) async fn memory() -> Option<Self> {
        Some(Self::Memory)
    }

    pub(crate) async fn sqlite() -> Option<Self> {
        Some(Self::Sqlite(SqliteFiles::new()))
    }

    /// `None` when there is no PostgreSQL.
    pub(crate) async fn postgres() -> Option<Self> {
        Schema::new().map(Self::Postgres)
    }

    /// An empty one of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::Memory => Self::Memory,
            Self::Sqlite(_) => Self::Sqlite(SqliteFiles::new()),
            Self::Postgres(_) => Self::Postgres(Schema::new().unwrap()),
        }
    }

    /// Shuts the program down and starts it again, if the store survives that.
    pub(crate) async fn reopen(&self, store: &Arc<dyn Store>) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::clone(store),
            Self::Sqlite(files) => {
                files.close().await;
                files.open().await
            }
            Self::Postgres(_) => self.open().await,
        }
    }

    /// Crashes the program and starts it again; `None` if the store does not survive that.
    pub(crate) async fn crash(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Memory => None,
            Self::Sqlite(files) => {
                files.copy();
                Some(files.open().await)
            }
            Self::Postgres(_) => Some(self.open().await),
        }
    }

    /// Whether claims stay valid after a crash, because other programs share the store.
    pub(crate) fn leases_outlive_the_program(&self) -> bool {
        match self {
            Self::Memory | Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// How many random sequences an ordinary run has time for.
    pub(crate) fn sequences(&self) -> u32 {
        match self {
            Self::Memory => 500,
            Self::Sqlite(_) => 150,
            Self::Postgres(_) => 80,
        }
    }

    /// Opens the store.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(Memory::new()),
            Self::Sqlite(files) => files.open().await,
            Self::Postgres(schema) => {
                let options = PostgresOptions::new(schema.url()).max_connections(4);
                Arc::new(options.open().await.unwrap())
            }
        }
    }
}

/// A time of the test, in seconds.
pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

pub(crate) fn token(name: &str) -> EventToken {
    EventToken::new(format!("65a1b2c3d4e5f6.12345678|A1|{name}"))
}

/// A call whose event token, head and body contain its name.
pub(crate) fn call(name: &str) -> NewCall {
    let mut head = CallHead::new(token(name), MEMBER.to_owned(), CODE.to_owned());
    head.called_at = at(0);
    head.workflow_id = format!("workflow of {name}");
    head.document = Some(Document {
        id: ["crm", "CCrmDocumentDeal", name].map(str::to_owned).into(),
        document_type: Some(["crm", "CCrmDocumentDeal", "DEAL"].map(str::to_owned)),
    });
    head.access_token = Some(format!("token of {name}").into());
    NewCall::new(head, format!("body of {name}"))
}

pub(crate) fn reply(text: &str) -> StoredReply {
    let mut reply = StoredReply::default();
    let values = &mut reply.return_values;
    values.insert("text".to_owned(), text.to_owned().into());
    reply.log_message = Some(format!("replied {text}"));
    reply
}

pub(crate) fn quota(limit: usize) -> RunQuota<'static> {
    RunQuota {
        code: CODE,
        max: limit,
    }
}

/// Short forms of what tests do with a store.
pub(crate) struct StoreProbe<'a>(pub(crate) &'a dyn Store);

impl StoreProbe<'_> {
    /// Accepts new calls with these names.
    pub(crate) async fn accept(&self, names: &[&str]) {
        for name in names {
            let accepted = self.0.accept(call(name), at(1)).await.unwrap();
            assert_eq!(accepted, AcceptOutcome::Accepted, "{name}");
        }
    }

    pub(crate) async fn accept_with(&self, name: &str, change: impl FnOnce(&mut NewCall)) {
        let mut changed = call(name);
        change(&mut changed);
        let accepted = self.0.accept(changed, at(1)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Accepted, "{name}");
    }

    /// Claims calls of the usual robot to run, until 100 seconds.
    pub(crate) async fn runs(&self, limit: usize) -> Vec<CallToRun> {
        let quotas = [quota(limit)];
        self.0.claim_runs(&quotas, limit, at(100)).await.unwrap()
    }

    /// Claims the only call that can be run.
    pub(crate) async fn run(&self) -> CallToRun {
        let mut runs = self.runs(10).await;
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// Claims replies to the usual portal, until 100 seconds.
    pub(crate) async fn sends(&self, limit: usize) -> Vec<ReplyToSend> {
        self.0.claim_replies(MEMBER, limit, at(100)).await.unwrap()
    }

    /// Claims the only reply that can be sent.
    pub(crate) async fn send(&self) -> ReplyToSend {
        let mut sends = self.sends(10).await;
        assert_eq!(sends.len(), 1, "{sends:?}");
        sends.remove(0)
    }

    /// Saves the first reply to a call.
    pub(crate) async fn reply_to(&self, name: &str) {
        let first = self.0.save_reply(&token(name), reply(name), at(2)).await;
        assert!(first.unwrap(), "{name}");
    }

    pub(crate) async fn record(&self, name: &str) -> CallRecord {
        let record = self.0.call(&token(name)).await.unwrap();
        record.unwrap_or_else(|| panic!("{name} is not stored"))
    }

    pub(crate) async fn stage(&self, name: &str) -> CallStage {
        self.record(name).await.state.stage()
    }
}

/// The names of calls, from their tokens.
pub(crate) fn names<'a>(tokens: impl IntoIterator<Item = &'a EventToken>) -> Vec<&'a str> {
    tokens
        .into_iter()
        .map(|token| token.as_str().rsplit('|').next().unwrap())
        .collect()
}

pub(crate) fn run_names(runs: &[CallToRun]) -> Vec<&str> {
    names(runs.iter().map(|run| &run.call.head.event_token))
}

pub(crate) fn send_names(sends: &[ReplyToSend]) -> Vec<&str> {
    names(sends.iter().map(|send| &send.head.event_token))
}
