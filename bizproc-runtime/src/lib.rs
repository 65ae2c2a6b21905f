//! Bitrix24 automation robots and workflow activities, typed from one struct.
//!
//! Bitrix24 lets an application add its own steps to the automation of a CRM: it registers a
//! definition, the portal calls the application when a document reaches the step, the workflow
//! waits, and goes on when the application replies. Here one struct is all three: what the portal
//! is told, what the call is read into, and what the reply must carry.
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
//! What the portal would refuse, or accept and then quietly break, does not compile: a property
//! without a type it knows, two ids that differ only in case, a default that is no option, a
//! handler that forgets to reply.
//!
//! | To | see |
//! |---|---|
//! | describe a robot | the derives [`Robot`](derive@Robot), [`ReturnValues`](derive@ReturnValues), [`Select`](derive@Select), [`Properties`](derive@Properties), [`Property`](derive@Property) |
//! | know which Rust type is which property type | [`property`] |
//! | serve robots | [`App`] |
//! | use what is known of a call, log, reply | [`Call`] |
//! | call other methods of the portal, alone or many at once | [`Call::rest`], [`rest::Client`], [`rest::Batch`] |
//! | see what an application does: logs, metrics, health, the operator's page | [`app`] |
//! | register robots yourself | [`registry::register`], [`definition`] |
//! | run an application for real: the store, crashes, systemd, limits | [`app`] |
//! | keep calls on disk, or somewhere else | [`store`] |
//! | read a portal's form | [`form`] |
//!
//! # Features
//!
//! | Feature | On by default | Gives |
//! |---|---|---|
//! | `derive` | yes | the derives |
//! | `server` | yes | [`App`]: routes, workers, the sender of replies |
//! | `sqlite` | no | `store::Sqlite`: calls and portals in one file, for one program at a time |
//! | `metrics` | no | what happens to calls as numbers, for a recorder of the crate `metrics` |
//! | `operator` | no | the operator's page: [`App::operator_password`](app::App), `Service::operator_router` |
//! | `jiff` | yes | `date` and `datetime` as jiff's types |
//! | `sqlite` | no | [`store::Sqlite`](store): calls and portals in one file, for one program |
//! | `postgres` | no | [`store::Postgres`](store): the same in PostgreSQL, for any number of programs |
//! | `chrono` | no | the same as chrono's types |
//! | `rust_decimal` | no | `double` as exact decimals |
//! | `rustls` | yes | TLS; or `native-tls`, or `rustls-no-provider`, which PostgreSQL does not use |
//!
//! Without features there remain the definitions, the decoder and the client.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "server")]
pub mod app;
pub mod call;
pub mod definition;
mod error;
pub mod form;
pub mod portal;
pub mod property;
pub mod registry;
pub mod rest;
pub mod robot;
pub mod store;

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

/// The README's program, so that it stays true.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
