//! Opening the database.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};

use crate::error::{Error, ErrorKind, Result};
use crate::store::sql::cipher::{Cipher, EncryptionKey, Sealed, portal_label};
use crate::store::sql::portal;
use crate::store::sql::schema::{Migrations, new_migrator, not_migrated};
use crate::store::sql::value::SqlResult;
use crate::store::sqlite::shared::{Shared, fault};
use crate::store::sqlite::store::Sqlite;
use crate::store::sqlite::writer::Writer;

/// How many connections read at the same time.
const READERS: u32 = 4;
/// How large the log of changes may stay when it has been written back.
const LOG_BYTES: u64 = 64 << 20;
/// After how many pages of 4 KiB the log of changes is written back.
const LOG_PAGES: u32 = 4000;
const CACHE_KIB: u32 = 16 << 10;
const PAGE_BYTES: u64 = 4096;

const MIGRATIONS: Migrations = &[
    (1, "calls", include_str!("migrations/1_calls.sql")),
    (
        2,
        "plain names",
        include_str!("migrations/2_plain_names.sql"),
    ),
];

/// Releases what the former program had claimed.
pub(super) const CLAIMED: &str = "UPDATE calls INDEXED BY claimed \
     SET is_claimed = 0, due = NULL, fence = fence + 1 WHERE is_claimed = 1";

/// How a [`Sqlite`] is opened.
///
/// ```no_run
/// use bizproc_runtime::store::SqliteOptions;
///
/// # async fn open() -> bizproc_runtime::Result<()> {
/// let store = SqliteOptions::new("calls.sqlite").max_bytes(8 << 30).open().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is opened before `open`"]
pub struct SqliteOptions {
    path: PathBuf,
    max_bytes: Option<u64>,
    cipher: Cipher,
}

impl SqliteOptions {
    /// The database in this file, which is made if it is not there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: None,
            cipher: Cipher::default(),
        }
    }

    /// How large the file may grow, in bytes; as large as the disk allows, by default. A store
    /// that is full refuses calls with an error, and continues when there is space again.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    /// Encrypts call bodies and heads and what is stored of portals, tokens included. To change the
    /// key, give the new one first and the old one after it: the first one encrypts, all of them
    /// decrypt. What was stored before stays as it is until it changes; when the old key is not
    /// needed any more, the store opens without it.
    ///
    /// Not encrypted are what is needed to find calls, their replies, and their event tokens,
    /// which are worth nothing without an access token of the portal.
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.cipher.add(key);
        self
    }

    /// Opens the database: takes the lock, brings the tables up to date, and releases the calls
    /// that the former program had claimed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`], naming the file: another program has it open, a newer version of this
    /// crate wrote it, a key is missing, it is no database, or the disk fails.
    pub async fn open(self) -> Result<Sqlite> {
        let path: Arc<Path> = self.path.clone().into();
        let opening = |error| fault(&path, "be opened", error);
        let lock = take_lock(&path)?;
        private(&path)?;
        let mut connection = self.writing().connect().await.map_err(opening)?;
        let named = |error: Error| error.context(format!("the store `{}`", path.display()));
        // Before the tables change: a store whose key is missing stays as it is, and a former version
        // can still open it.
        let key_ids = used_keys(&mut connection).await.map_err(opening)?;
        self.cipher.check(&key_ids).map_err(named)?;
        migrate(&path, &mut connection).await?;
        sqlx::query(CLAIMED)
            .execute(&mut connection)
            .await
            .map_err(opening)?;
        let shared = Arc::new(Shared::default());
        for (member_id, sealed) in read_portals(&mut connection).await.map_err(opening)? {
            let json = self.cipher.open(&portal_label(&member_id), sealed);
            let portal = json.and_then(|json| portal::from_json(&json));
            shared.insert(Arc::new(portal.map_err(named)?));
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(self.reading());
        let post_commit = {
            let shared = Arc::clone(&shared);
            move |done| shared.post_commit(done)
        };
        Ok(Sqlite {
            writer: Writer::start(connection, lock, post_commit),
            path,
            readers,
            shared,
            portal_changes: tokio::sync::Mutex::default(),
            cipher: self.cipher,
        })
    }

    fn writing(&self) -> SqliteConnectOptions {
        let pages = self.max_bytes.map(|bytes| bytes / PAGE_BYTES);
        let mut options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("journal_size_limit", LOG_BYTES.to_string())
            .pragma("wal_autocheckpoint", LOG_PAGES.to_string())
            // Else what a statement of many rows may have to undo is written to a file.
            .pragma("temp_store", "MEMORY");
        if let Some(pages) = pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        quiet(options)
    }

    fn reading(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .read_only(true)
            .busy_timeout(Duration::from_secs(10));
        quiet(options)
    }
}

/// Logs no statements: their values are secret.
fn quiet(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options.disable_statement_logging()
}

/// Takes the lock beside the database, which the system releases when the program ends.
fn take_lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let failed = |error: std::io::Error| {
        let message = format!("the lock `{}` cannot be taken: {error}", name.display());
        Error::new(ErrorKind::Store, message).with_source(error)
    };
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = options.open(&name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Store,
            format!(
                "the store `{}` is open in another program, which holds `{}`; a SQLite store \
                 belongs to one program at a time, and PostgreSQL is the store for several",
                path.display(),
                name.display()
            ),
        )),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Makes the file so that only its owner reads it: it holds tokens.
fn private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop).map_err(|error| {
        let message = format!("the store `{}` cannot be opened: {error}", path.display());
        Error::new(ErrorKind::Store, message).with_source(error)
    })
}

async fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<()> {
    let migrator = new_migrator(MIGRATIONS);
    let migrated = migrator.run_direct(None, connection, false).await;
    migrated.map_err(|error| not_migrated(path.display(), "another file", error))
}

/// The keys that are needed to read what is stored, in the tables of any version; none in a new file.
async fn used_keys(connection: &mut SqliteConnection) -> SqlResult<Vec<i64>> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('bodies', 'portals')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    sqlx::query_scalar(
        "SELECT DISTINCT key_id FROM bodies INDEXED BY encrypted WHERE key_id <> 0 \
         UNION SELECT key_id FROM portals",
    )
    .fetch_all(connection)
    .await
}

async fn read_portals(connection: &mut SqliteConnection) -> SqlResult<Vec<(String, Sealed)>> {
    let rows: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("SELECT member_id, key_id, portal FROM portals")
            .fetch_all(connection)
            .await?;
    let sealed = |key_id, bytes: Vec<u8>| Sealed {
        key_id,
        bytes: bytes.into(),
    };
    Ok(rows
        .into_iter()
        .map(|(member_id, key_id, bytes)| (member_id, sealed(key_id, bytes)))
        .collect())
}
