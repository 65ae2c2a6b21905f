//! A store in PostgreSQL.

mod accept;
mod calls;
mod changes;
mod listen;
mod notice;
mod notify;
mod open;
mod portal_cache;
mod rate_limit;
mod read;
mod shared;
mod store;
mod text;

pub use open::PostgresOptions;
pub use store::Postgres;
