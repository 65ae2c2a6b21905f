//! What a person sees of the portal: its robots' forms, its workflows, its switches.

mod assets;
mod document_form;
mod fault_kinds;
mod field;
pub(crate) mod frame;
mod guard;
mod message;
mod overview;
mod people;
mod placement;
pub(crate) mod saved_steps;
mod step;
mod step_form;
mod switches;
mod timeline;
mod timeline_entry;

use axum::routing::get;
use axum::{Router, middleware};

use crate::face::control::router;
use crate::face::site::Site;

/// The page and the routes that it drives the portal by, for callers on this machine.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/", get(overview::show))
        .route("/switches", get(switches::show))
        .route(
            "/robot/{client_id}/{code}",
            get(step::show).post(step::save),
        )
        .route("/workflow/{id}", get(timeline::show))
        .route("/-/assets/{name}", get(assets::asset))
        .merge(router::router())
        .layer(middleware::from_fn(guard::guard))
}
