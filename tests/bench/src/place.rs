//! The store of a measurement.

use std::str::FromStr;
use std::sync::Arc;

use bizproc_runtime::store::{Memory, Postgres, Sqlite, Store};
use tempfile::TempDir;

use crate::Result;

/// The place of a store.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Memory,
    /// A new file beside this program, on the disk of its build: a folder for temporary files may be in
    /// memory, where a sync costs nothing.
    Sqlite,
    /// An empty database.
    Postgres(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "memory" => Ok(Self::Memory),
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => std::env::var("DATABASE_URL")
                .map(Self::Postgres)
                .map_err(|_| "`postgres` needs the address in `DATABASE_URL`".to_owned()),
            url if url.starts_with("postgres://") => Ok(Self::Postgres(url.to_owned())),
            _ => Err("`memory`, `sqlite`, `postgres`, or an address `postgres://…`".to_owned()),
        }
    }
}

/// A store, and the folder that is deleted with it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

impl Place {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) async fn open(&self) -> Result<Opened> {
        let mut folder = None;
        let store: Arc<dyn Store> = match self {
            Self::Memory => Arc::new(Memory::new()),
            Self::Sqlite => {
                let program = std::env::current_exe()?;
                let beside = program.parent().ok_or("this program is in no folder")?;
                let made = TempDir::with_prefix_in("bench-", beside)?;
                let file = made.path().join("calls.sqlite");
                folder = Some(made);
                Arc::new(Sqlite::open(file).await?)
            }
            Self::Postgres(url) => Arc::new(Postgres::open(url.as_str()).await?),
        };
        Ok(Opened {
            store,
            _folder: folder,
        })
    }
}
