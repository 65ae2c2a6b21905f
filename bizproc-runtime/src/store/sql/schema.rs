//! Bringing the tables of a database up to date.

use std::fmt;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::error::{Error, ErrorKind};

/// Changes of the tables: a number, a name, and SQL. One that was released is never changed.
pub(in crate::store) type Migrations = &'static [(i64, &'static str, &'static str)];

pub(in crate::store) fn new_migrator(migrations: Migrations) -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &'static str)| {
        let statements = sql.into_sql_str();
        Migration::new(
            *version,
            (*name).into(),
            MigrationType::Simple,
            statements,
            false,
        )
    };
    Migrator::with_migrations(migrations.iter().map(migration).collect())
}

/// The error for tables that cannot be brought up to date; `other` is what the store could have
/// instead, such as `another file`.
pub(in crate::store) fn not_migrated(
    store: impl fmt::Display,
    other: &str,
    error: MigrateError,
) -> Error {
    if let MigrateError::VersionMissing(version) = error {
        let message = format!(
            "the store `{store}` has the tables of version {version}, which a newer version of \
             bizproc-runtime made: run that version, or give this one {other}"
        );
        return Error::new(ErrorKind::Store, message);
    }
    let message =
        format!("the tables of the store `{store}` cannot be brought up to date: {error}");
    Error::new(ErrorKind::Store, message).with_source(error)
}
