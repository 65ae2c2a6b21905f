//! What happened on a portal, in order.

mod event;
mod message;
mod past;
mod record;
mod text;

pub use event::{Ending, Event};
pub use message::{Body, Delivery, HttpResponse, Outgoing};
pub(crate) use past::History;
pub use record::Record;
