//! Opening the database.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

use crate::error::{Error, ErrorKind, Result};
use crate::store::postgres::accept::Acceptor;
use crate::store::postgres::changes::Database;
use crate::store::postgres::listen::listen;
use crate::store::postgres::notice::Channel;
use crate::store::postgres::notify::NoticeWriter;
use crate::store::postgres::read;
use crate::store::postgres::shared::{Shared, fault};
use crate::store::postgres::store::Postgres;
use crate::store::sql::cipher::{Cipher, EncryptionKey};
use crate::store::sql::schema::{Migrations, new_migrator, not_migrated};
use crate::store::sql::value::SqlResult;

/// How many connections a program has by default; one of them only listens.
const CONNECTIONS: u32 = 10;
/// How long a statement waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

const MIGRATIONS: Migrations = &[
    (1, "calls", include_str!("migrations/1_calls.sql")),
    (
        2,
        "plain names",
        include_str!("migrations/2_plain_names.sql"),
    ),
];

/// How a [`Postgres`] is opened.
///
/// ```no_run
/// use bizproc_runtime::store::PostgresOptions;
///
/// # async fn open() -> bizproc_runtime::Result<()> {
/// let url = "postgres://user:password@db.example/robots";
/// let store = PostgresOptions::new(url).max_connections(20).open().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is opened before `open`"]
pub struct PostgresOptions {
    url: String,
    max_connections: u32,
    cipher: Cipher,
}

/// Without the address: it holds a password.
impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PostgresOptions")
            .field("max_connections", &self.max_connections)
            .field("cipher", &self.cipher)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// The database at this address, `postgres://user:password@host/database?sslmode=require`.
    /// Its tables begin with `bizproc_` and lie in the first schema of the search path, which
    /// `options=-csearch_path%3Drobots` sets.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: CONNECTIONS,
            cipher: Cipher::default(),
        }
    }

    /// How many connections this program has at most; 10 by default, at least 3: one of them only
    /// listens, one only accepts calls and notifies of work.
    pub fn max_connections(mut self, max_connections: u32) -> Self {
        self.max_connections = max_connections.max(3);
        self
    }

    /// Encrypts call bodies and heads and what is stored of portals, as
    /// [`SqliteOptions::encryption_key`](https://docs.rs/bizproc-runtime/latest/bizproc_runtime/store/struct.SqliteOptions.html#method.encryption_key)
    /// does. All programs that use the database must have the same keys.
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.cipher.add(key);
        self
    }

    /// Connects, and brings the tables up to date; programs that start at the same time wait for
    /// each other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`], naming the database and never the password: it cannot be reached, its
    /// encoding is not UTF-8, a newer version of this crate made its tables, a key is missing.
    /// [`ErrorKind::Configuration`] when the address is none.
    pub async fn open(self) -> Result<Postgres> {
        // What is wrong with an address may quote it, password included.
        let options = PgConnectOptions::from_str(&self.url).map_err(|_| {
            Error::new(
                ErrorKind::Configuration,
                "the address of the store must be \
                 `postgres://user:password@host:port/database?sslmode=require`, what is special in \
                 its parts percent-encoded",
            )
        })?;
        let database = options.get_database().unwrap_or("its user's name");
        let name: Arc<str> = format!("{database} at {}", options.get_host()).into();
        let opening = |error| fault(&name, "be opened", error);
        let quiet = options.disable_statement_logging();
        let pool = connections(self.max_connections - 1)
            .connect_with(quiet.clone())
            .await
            .map_err(opening)?;
        // A call must be stored quickly, and does not queue up behind thousands of replies.
        let call_pool = connections(1).connect_lazy_with(quiet);
        check_encoding(&name, &pool).await?;
        // Before the tables change: a database whose key is missing stays as it is, and programs of a
        // former version that use it continue.
        let key_ids = read::used_keys(&pool).await.map_err(opening)?;
        let missing = self.cipher.check(&key_ids);
        missing.map_err(|error| error.context(format!("the store `{name}`")))?;
        migrate(&name, &pool).await?;
        let channel = find_channel(&pool).await.map_err(opening)?;
        let shared = Arc::new(Shared::default());
        // On the same connection, because notices are quick, and a caller that stores a reply waits
        // for its own notice.
        let notices = NoticeWriter::start(call_pool.clone(), channel.clone());
        let acceptor = Acceptor::start(call_pool.clone(), notices.clone(), Arc::clone(&shared));
        let listener = listen(pool.clone(), channel, Arc::clone(&shared));
        Ok(Postgres {
            name,
            acceptor,
            listener: tokio::spawn(listener),
            database: Database {
                pool,
                notices,
                shared,
            },
            call_pool,
            cipher: self.cipher,
        })
    }
}

fn connections(max: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query(SYNC_COMMITS)
                    .execute(connection)
                    .await
                    .map(drop)
            })
        })
}

/// A server may be configured to return before a commit is on its disk; a call is accepted after.
const SYNC_COMMITS: &str = "SELECT set_config('synchronous_commit', 'on', FALSE) \
     WHERE current_setting('synchronous_commit') = 'off'";

/// The channel of the tables that this program uses.
async fn find_channel(pool: &PgPool) -> SqlResult<Channel> {
    let schema: Option<String> = sqlx::query_scalar("SELECT current_schema()::text")
        .fetch_one(pool)
        .await?;
    Ok(Channel::new(&schema.unwrap_or_default()))
}

async fn check_encoding(name: &str, pool: &PgPool) -> Result<()> {
    let encoding: String = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(pool)
        .await
        .map_err(|error| fault(name, "be opened", error))?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Store,
        format!(
            "the store `{name}` stores texts as {encoding}, which lacks letters: create the \
             database with `ENCODING 'UTF8' TEMPLATE template0`"
        ),
    ))
}

async fn migrate(name: &str, pool: &PgPool) -> Result<()> {
    let mut migrator = new_migrator(MIGRATIONS);
    // The database may hold an application's own tables, with migrations of their own.
    migrator.dangerous_set_table_name("bizproc_migrations");
    let migrated = migrator.run(pool).await;
    migrated.map_err(|error| not_migrated(name, "another database", error))
}
