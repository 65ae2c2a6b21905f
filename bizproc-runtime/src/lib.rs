//! Bitrix24 automation robots and workflow activities, typed from one struct. (wip)

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
mod robot;
pub mod store;

#[cfg(feature = "server")]
pub use app::{App, Service};
#[cfg(feature = "derive")]
pub use bizproc_derive::{ReturnValues, Robot, Select};
pub use call::{Call, Replied};
pub use definition::DocumentType;
pub use error::{BoxError, Error, Kind, Result};
pub use property::{FileRef, Property, Select, Text, UserRef};
pub use robot::{ReturnValues, Robot};
