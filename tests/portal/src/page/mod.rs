//! What a person sees of the portal: its robots' forms, its workflows, its switches.

mod assets;
mod document;
mod entry;
mod fault_kinds;
mod field;
mod frame;
mod guard;
mod message;
mod overview;
mod people;
mod placement;
mod saved;
mod step;
mod step_form;
mod switches;
mod timeline;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};

pub(crate) use frame::{refused, see_other};
pub(crate) use saved::Saved;

use crate::{control, state::Shared};

/// The page and the routes that it drives the portal by, for callers on this machine.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(overview::show))
        .route("/switches", get(switches::show))
        .route(
            "/robot/{client_id}/{code}",
            get(step::show).post(step::save),
        )
        .route("/workflow/{id}", get(timeline::show))
        .route("/-/assets/{name}", get(assets::asset))
        .merge(control::router())
        .layer(middleware::from_fn(guard::guard))
}

/// A segment of a path.
fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
