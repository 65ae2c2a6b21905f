//! A store in one file.

mod calls;
mod changes;
mod insert;
mod open;
mod read;
mod shared;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use open::SqliteOptions;
pub use store::Sqlite;
