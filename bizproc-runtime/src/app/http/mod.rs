//! The HTTP side: routes, bodies, health, the public address, the server.

mod body;
mod health;
mod public_url;
mod routes;
mod server;

pub(crate) use body::BodyReader;
pub(crate) use health::Health;
pub(crate) use public_url::{base_path, check_path, check_public_url};
pub(crate) use routes::Http;
pub(crate) use server::serve;
