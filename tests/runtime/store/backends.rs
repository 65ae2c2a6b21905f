//! Where the stores under test live, and calls to put into them.

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

/// The portal and the robot of a call, unless a test says otherwise.
pub(crate) const MEMBER: &str = "member";
pub(crate) const CODE: &str = "robot";

/// A place for one store, which can be opened again and again.
#[derive(Debug)]
pub(crate) enum Home {
    Memory,
    Sqlite(Disk),
    Postgres(Schema),
}

/// Where SQLite's files are.
#[derive(Debug)]
pub(crate) struct Disk {
    /// The folder of the newest files, and those of the programs that crashed.
    folders: Mutex<Vec<TempDir>>,
    opened: Mutex<Option<Arc<Sqlite>>>,
}

impl Disk {
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

    /// Copies the files of an open database, as the system has them: what a killed program leaves.
    pub(crate) fn copy(&self) {
        let copies = TempDir::new().unwrap();
        for entry in std::fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            // The index of the log is made anew from the log.
            if !path.to_str().unwrap().ends_with("-shm") {
                let copy = copies.path().join(path.file_name().unwrap());
                std::fs::copy(path, copy).unwrap();
            }
        }
        self.folders.lock().unwrap().push(copies);
    }
}

#[allow(clippy::unused_async, reason = "a store on a disk takes its time")]
impl Home {
    pub(crate) async fn memory() -> Option<Self> {
        Some(Self::Memory)
    }

    pub(crate) async fn sqlite() -> Option<Self> {
        Some(Self::Sqlite(Disk::new()))
    }

    /// `None` when there is no PostgreSQL.
    pub(crate) async fn postgres() -> Option<Self> {
        Schema::new().map(Self::Postgres)
    }

    /// A place like this one, without anything in it.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::Memory => Self::Memory,
            Self::Sqlite(_) => Self::Sqlite(Disk::new()),
            Self::Postgres(_) => Self::Postgres(Schema::new().unwrap()),
        }
    }

    /// Lets the program end and start again, as far as the store survives that.
    pub(crate) async fn reopen(&self, store: &Arc<dyn Store>) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::clone(store),
            Self::Sqlite(disk) => {
                disk.close().await;
                disk.open().await
            }
            Self::Postgres(_) => self.open().await,
        }
    }

    /// Lets the program end without a word, and start again; `None` if nothing is left then.
    pub(crate) async fn crash(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Memory => None,
            Self::Sqlite(disk) => {
                disk.copy();
                Some(disk.open().await)
            }
            Self::Postgres(_) => Some(self.open().await),
        }
    }

    /// Whether claims are still good after a crash, because other programs use the store too.
    pub(crate) fn leases_outlive_the_program(&self) -> bool {
        match self {
            Self::Memory | Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// How many random sequences an ordinary run has the time for.
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
            Self::Sqlite(disk) => disk.open().await,
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

/// A call whose event token, head and body tell its name.
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

pub(crate) fn answer(text: &str) -> StoredReply {
    let mut answer = StoredReply::default();
    answer
        .return_values
        .insert("text".to_owned(), text.to_owned().into());
    answer.log_message = Some(format!("said {text}"));
    answer
}

pub(crate) fn slot(at_most: usize) -> RunQuota<'static> {
    RunQuota {
        code: CODE,
        max: at_most,
    }
}

/// What a test says in one word.
pub(crate) struct On<'a>(pub(crate) &'a dyn Store);

impl On<'_> {
    /// Accepts new calls with these names.
    pub(crate) async fn accept(&self, names: &[&str]) {
        for name in names {
            let accepted = self.0.accept(call(name), at(1)).await.unwrap();
            assert_eq!(accepted, AcceptOutcome::Accepted, "{name}");
        }
    }

    pub(crate) async fn accept_with(&self, name: &str, change: impl FnOnce(&mut NewCall)) {
        let mut call = call(name);
        change(&mut call);
        let accepted = self.0.accept(call, at(1)).await.unwrap();
        assert_eq!(accepted, AcceptOutcome::Accepted, "{name}");
    }

    /// Claims calls of the usual robot to run, until 100 seconds.
    pub(crate) async fn runs(&self, at_most: usize) -> Vec<CallToRun> {
        let slots = [slot(at_most)];
        self.0.claim_runs(&slots, at_most, at(100)).await.unwrap()
    }

    /// Claims the only call that can be run.
    pub(crate) async fn run(&self) -> CallToRun {
        let mut runs = self.runs(10).await;
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// Claims answers to the usual portal, until 100 seconds.
    pub(crate) async fn sends(&self, at_most: usize) -> Vec<ReplyToSend> {
        self.0
            .claim_replies(MEMBER, at_most, at(100))
            .await
            .unwrap()
    }

    /// Claims the only answer that can be sent.
    pub(crate) async fn send(&self) -> ReplyToSend {
        let mut sends = self.sends(10).await;
        assert_eq!(sends.len(), 1, "{sends:?}");
        sends.remove(0)
    }

    /// Answers a call, as the first.
    pub(crate) async fn answered(&self, name: &str) {
        let first = self.0.save_reply(&token(name), answer(name), at(2)).await;
        assert!(first.unwrap(), "{name}");
    }

    pub(crate) async fn record(&self, name: &str) -> CallRecord {
        let record = self.0.call(&token(name)).await.unwrap();
        record.unwrap_or_else(|| panic!("{name} is not kept"))
    }

    pub(crate) async fn stage(&self, name: &str) -> CallStage {
        self.record(name).await.state.stage()
    }
}

/// The names of calls, from their tokens.
pub(crate) fn names<'a>(tokens: impl IntoIterator<Item = &'a EventToken>) -> Vec<&'a str> {
    let tokens = tokens.into_iter();
    tokens
        .map(|token| token.as_str().rsplit('|').next().unwrap())
        .collect()
}

pub(crate) fn run_names(runs: &[CallToRun]) -> Vec<&str> {
    names(runs.iter().map(|run| &run.call.head.event_token))
}

pub(crate) fn send_names(sends: &[ReplyToSend]) -> Vec<&str> {
    names(sends.iter().map(|send| &send.head.event_token))
}
