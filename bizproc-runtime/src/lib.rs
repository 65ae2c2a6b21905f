//! Bitrix24 automation robots and workflow activities, typed from one struct.
//!
//! A Bitrix24 application can add its own steps to the automation of a CRM: it registers a
//! definition, the portal calls the application when a document reaches the step, and the workflow
//! waits until the application replies. With this crate, one struct is the registration, the type
//! that a call is decoded into, and the check of the reply.
//!
//! ```no_run
//! use bizproc_runtime::{App, Call, Replied, Result, ReturnValues, Robot};
//!
//! /// MD5 generator
//! ///
//! /// Returns the MD5 hash of a string.
//! #[derive(Robot)]
//! #[robot(code = "md5", name(ru = "MD5 генератор"), returns = Md5Hash)]
//! struct Md5 {
//!     /// Input string
//!     #[property(id = "inputString", name(ru = "Входящая строка"), default = "{=Document:NAME}")]
//!     input: String,
//! }
//!
//! #[derive(ReturnValues)]
//! struct Md5Hash {
//!     /// MD5
//!     #[property(id = "outputString")]
//!     hash: String,
//! }
//!
//! async fn md5(call: Call<Md5>) -> Result<Replied> {
//!     let hash = format!("{:x}", md5::compute(&call.input.input));
//!     call.reply(Md5Hash { hash }).log("hashed").await
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<()> {
//!     let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.expect("a free port");
//!     App::new("https://app.example/b24").robot(md5).serve(listener).await
//! }
//! ```
//!
//! Definitions that the portal would refuse, or accept and then break silently, do not compile: a
//! property of an unknown type, two ids that differ only in case, a default that is no option, a
//! handler that does not reply.
//!
//! | To | see |
//! |---|---|
//! | define a robot | the derives [`Robot`](derive@Robot), [`ReturnValues`](derive@ReturnValues), [`Select`](derive@Select), [`Properties`](derive@Properties), [`Property`](derive@Property) |
//! | look up the property type of a Rust type | [`property`] |
//! | serve robots | [`App`] |
//! | read a call, write to its log, reply to it | [`Call`] |
//! | call other methods of the portal, one by one or in a batch | [`Call::rest`], [`rest::Client`], [`rest::Batch`] |
//! | observe an application: logs, metrics, health, the operator's page | [`app`] |
//! | register robots yourself | [`registry::register`], [`definition`] |
//! | run an application in production: stores, crashes, systemd, limits | [`app`] |
//! | store calls on disk, or in a store of your own | [`store`] |
//! | decode the form of a portal | [`form`] |
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `derive` | yes | the derives |
//! | `server` | yes | [`App`]: routes, workers, the outbox of replies |
//! | `rustls` | yes | TLS by rustls with aws-lc |
//! | `native-tls` | no | TLS by the system's library, in place of `rustls` |
//! | `rustls-no-provider` | no | TLS by rustls with a provider of your own, in place of `rustls`; PostgreSQL does not use it |
//! | `sqlite` | no | [`store::Sqlite`](store): calls and portals in one file, for one program at a time |
//! | `postgres` | no | [`store::Postgres`](store): calls and portals in PostgreSQL, for any number of programs |
//! | `metrics` | no | metrics, for a recorder of the crate `metrics` |
//! | `operator` | no | the operator's page: [`App::operator_password`](app::App), `Service::operator_router` |
//! | `jiff` | yes | `date` and `datetime` as jiff's types |
//! | `chrono` | no | `date` and `datetime` as chrono's types |
//! | `rust_decimal` | no | `double` as exact decimals |
//!
//! Without features the crate has the definitions, the decoder, the memory store and the client.

// docs.rs shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "server")]
pub mod app;
pub mod call;
pub mod definition;
mod envelope;
mod error;
pub mod form;
pub mod portal;
pub mod property;
pub mod registry;
pub mod rest;
pub mod robot;
pub mod store;
mod sync;

#[cfg(feature = "server")]
pub use app::{App, Service};
#[cfg(feature = "derive")]
#[doc = include_str!("../docs/properties.md")]
pub use bizproc_derive::Properties;
#[cfg(feature = "derive")]
#[doc = include_str!("../docs/property.md")]
pub use bizproc_derive::Property;
#[cfg(feature = "derive")]
#[doc = include_str!("../docs/return_values.md")]
pub use bizproc_derive::ReturnValues;
#[cfg(feature = "derive")]
#[doc = include_str!("../docs/robot.md")]
pub use bizproc_derive::Robot;
#[cfg(feature = "derive")]
#[doc = include_str!("../docs/select.md")]
pub use bizproc_derive::Select;
pub use call::{Call, Replied};
pub use definition::DocumentType;
pub use error::{BoxError, Error, ErrorKind, Result};
pub use property::{FileRef, Property, Select, Text, UserRef};
pub use robot::{Properties, ReturnValues, Robot};

/// Compiles the README's program.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
