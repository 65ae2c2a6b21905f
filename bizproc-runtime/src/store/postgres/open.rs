//! Opening the database.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

use super::super::cipher::{Cipher, EncryptionKey};
use super::super::row::SqlResult;
use super::super::schema::{Migrations, migrator, not_migrated};
use super::accept::Acceptor;
use super::listen::{Channel, listen};
use super::tell::Teller;
use super::{Postgres, Shared, fault, read};
use crate::error::{Error, ErrorKind, Result};

/// How many connections a program has, unless it says otherwise; one of them only listens.
const CONNECTIONS: u32 = 10;
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

const MIGRATIONS: Migrations = &[(1, "calls", include_str!("1_calls.sql"))];

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
    /// listens, one only takes calls and tells of work.
    pub fn max_connections(mut self, max_connections: u32) -> Self {
        self.max_connections = max_connections.max(3);
        self
    }

    /// Encrypts call bodies and what is kept of portals, as
    /// [`SqliteOptions::encryption_key`](https://docs.rs/bizproc-runtime/latest/bizproc_runtime/store/struct.SqliteOptions.html#method.encryption_key)
    /// does. All programs that use the database must have the same keys.
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.cipher.add(key);
        self
    }

    /// Connects, and brings the tables up to date; programs that start at once wait for each
    /// other.
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
        let options = options.disable_statement_logging();
        let pool = connections(self.max_connections - 1)
            .connect_with(options.clone())
            .await
            .map_err(opening)?;
        // A call is to be kept at once, and does not queue up behind thousands of answers.
        let of_calls = connections(1).connect_lazy_with(options);
        check_encoding(&name, &pool).await?;
        migrate(&name, &pool).await?;
        let key_ids = read::used_keys(&pool).await.map_err(opening)?;
        let missing = self.cipher.check(&key_ids);
        missing.map_err(|error| error.context(format!("the store `{name}`")))?;
        let channel = channel(&pool).await.map_err(opening)?;
        let shared = Arc::new(Shared::default());
        // Notices are quick, and whoever keeps an answer waits for its own.
        let teller = Teller::start(of_calls.clone(), channel.clone());
        let acceptor = Acceptor::start(of_calls.clone(), teller.clone(), Arc::clone(&shared));
        let listener = listen(pool.clone(), channel, Arc::clone(&shared));
        Ok(Postgres {
            name,
            acceptor,
            listener: tokio::spawn(listener),
            teller,
            pool,
            of_calls,
            shared,
            cipher: self.cipher,
        })
    }
}

fn connections(at_most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(at_most)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query(KEPT_WHEN_COMMITTED)
                    .execute(connection)
                    .await
                    .map(drop)
            })
        })
}

/// A server may be told to answer before a commit is on its disk; a call is accepted after.
const KEPT_WHEN_COMMITTED: &str = "SELECT set_config('synchronous_commit', 'on', FALSE) \
     WHERE current_setting('synchronous_commit') = 'off'";

/// The channel of the tables that this program uses.
async fn channel(pool: &PgPool) -> SqlResult<Channel> {
    let schema: Option<String> = sqlx::query_scalar("SELECT current_schema()::text")
        .fetch_one(pool)
        .await?;
    Ok(Channel::of(&schema.unwrap_or_default()))
}

async fn check_encoding(name: &str, pool: &PgPool) -> Result<()> {
    let encoding: SqlResult<String> = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(pool)
        .await;
    let encoding = encoding.map_err(|error| fault(name, "be opened", error))?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Store,
        format!(
            "the store `{name}` keeps texts as {encoding}, which has not every letter: make the \
             database with `ENCODING 'UTF8' TEMPLATE template0`"
        ),
    ))
}

async fn migrate(name: &str, pool: &PgPool) -> Result<()> {
    let mut migrator = migrator(MIGRATIONS);
    // The database may hold an application's own tables, with migrations of their own.
    migrator.dangerous_set_table_name("bizproc_migrations");
    let migrated = migrator.run(pool).await;
    migrated.map_err(|error| not_migrated(name, "another database", error))
}
