//! The operator's page: the state of all calls, what needs a person, and the buttons that help.
//!
//! It shows which portals and robots an application has and why calls failed, which is not for the
//! public. So there is no page until the application's author chooses one of two ways:
//!
//! - [`App::operator_password`](crate::App::operator_password): on the public routes, behind a
//!   password, with the buttons;
//! - [`Service::operator_router`](crate::Service::operator_router): a router of its own without a
//!   password and without the buttons, which the author serves on an address that only operators
//!   reach, or behind a guard of their own.
//!
//! A check of the client's address could not tell them apart: behind a reverse proxy every client
//! comes from loopback.

mod buttons;
mod call;
mod frame;
mod guard;
mod list;
mod overview;
mod page;
mod password;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use page::Page;
pub(crate) use page::{Keys, Operator};

/// The page behind the password, with buttons.
pub(crate) fn guarded_page(operator: &Operator, keys: &Arc<Keys>) -> Router {
    let page = Page::new(operator, Some(Arc::clone(keys)));
    let base = page.base();
    let routes = views(base)
        .route(
            &format!("{base}/-/calls/{{number}}/retry"),
            post(buttons::retry),
        )
        .route(&format!("{base}/-/portals/resume"), post(buttons::resume));
    with_page(routes, &page)
}

/// The page without a password and without buttons.
pub(crate) fn open_page(operator: &Operator) -> Router {
    let page = Page::new(operator, None);
    with_page(views(page.base()), &page)
}

fn views(base: &str) -> Router<Arc<Page>> {
    Router::new()
        .route(&format!("{base}/-/calls"), get(overview::show))
        .route(&format!("{base}/-/calls/list"), get(list::show))
        .route(&format!("{base}/-/calls/{{number}}"), get(call::show))
        .route(&format!("{base}/-/calls.css"), get(frame::style))
}

/// Guards the page's routes only; the application's other routes are not affected by the password.
fn with_page(routes: Router<Arc<Page>>, page: &Arc<Page>) -> Router {
    let guard = middleware::from_fn_with_state(Arc::clone(page), guard::guard);
    routes.route_layer(guard).with_state(Arc::clone(page))
}
