//! What every part of the store shares.

use sqlx::error::DatabaseError;

use crate::error::{Error, ErrorKind};
use crate::store::notifier::Notifier;
use crate::store::postgres::portal_cache::PortalCache;

/// The table of calls. The number is the version of its columns and labels: whatever a program of
/// another version would misread renames the table, so that its statements fail.
macro_rules! calls_table {
    () => {
        "bizproc_calls_2"
    };
}
pub(super) use calls_table;

/// The codes of PostgreSQL for a table and a column that do not exist.
const MISSING: [&str; 2] = ["42P01", "42703"];

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) notifier: Notifier,
    pub(super) portals: PortalCache,
}

/// A failure of the database, with its name.
pub(super) fn fault(name: &str, doing: &str, error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let shown = match &error {
        sqlx::Error::PoolClosed => "it was closed".to_owned(),
        _ if code.is_some_and(|code| MISSING.contains(&&*code)) => format!(
            "a newer version of bizproc-runtime has changed its tables while this program ran; end \
             this program and start the newer version ({error})"
        ),
        other => other.to_string(),
    };
    let message = format!("the store `{name}` could not {doing}: {shown}");
    Error::new(ErrorKind::Store, message).with_source(error)
}
