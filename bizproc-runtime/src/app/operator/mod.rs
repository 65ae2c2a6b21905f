//! The operator's page: what stands where, what needs a person, and the buttons that help.
//!
//! It shows which portals and robots an application has and why calls failed, and that is nobody
//! else's business. So there is no page until the application's author chooses one of two ways:
//!
//! - [`App::operator_password`]: on the public routes, behind a password, with the buttons;
//! - [`Service::operator_router`]: a router of its own without a password and without the buttons,
//!   which the author serves on an address that only operators reach, or behind a guard of theirs.
//!
//! A check of the caller's address could not tell them apart: behind a reverse proxy every caller
//! comes from loopback.

mod call;
mod frame;
mod guard;
mod list;
mod overview;
mod password;
mod text;

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State as Shares};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode, middleware};
use secrecy::SecretString;
use url::{Url, form_urlencoded};

use crate::app::service::{Running, Shared};
use crate::app::settings::Settings;
use crate::app::{App, Service};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{CallFilter, CallRecord};
use frame::{refused, see_other};
use password::Password;

/// The longest form that the page's buttons send, in bytes.
const FORM_BYTES: usize = 4096;

impl App {
    /// Adds the operator's page at `{public address}/-/calls`, behind this password: how many calls
    /// stand where, portals that nothing is sent to, calls that were given up, and the buttons that
    /// try again.
    ///
    /// The browser asks for it by HTTP Basic; any user name will do. It has at least 16 characters:
    /// let a password manager make it. After wrong ones the page answers nobody new for a growing
    /// while, up to a minute; a browser that was let in before is not kept waiting. The page names
    /// portals, robots, workflows' errors and the ids of return values, but no values and no
    /// tokens.
    ///
    /// ```
    /// use bizproc_runtime::App;
    ///
    /// let app = App::new("https://app.example/b24");
    /// let app = match std::env::var("OPERATOR_PASSWORD") {
    ///     Ok(password) => app.operator_password(password),
    ///     Err(_) => app, // no page
    /// };
    /// ```
    #[must_use]
    pub fn operator_password(mut self, password: impl Into<SecretString>) -> Self {
        self.settings.operator.password = Some(password.into());
        self
    }
}

impl Service {
    /// The operator's page without a password and without buttons, below the path of the public
    /// address. **Serve it only where nobody but operators can reach it**: on another listener than
    /// the portals' one, or behind a guard of your own.
    ///
    /// It answers requests whose `Host` is an IP address, `localhost` or the public address's host:
    /// any other name may be one that a hostile web page made point here.
    ///
    /// ```no_run
    /// # async fn run(service: bizproc_runtime::Service) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:9090").await?;
    /// axum::serve(listener, service.operator_router()).await // http://127.0.0.1:9090/-/calls
    /// # }
    /// ```
    pub fn operator_router(&self) -> Router {
        let page = Page::new(&self.running, None);
        routes(&page.base).with_page(page)
    }
}

/// What the settings hold of the page.
#[derive(Clone, Default)]
pub(super) struct Operator {
    password: Option<SecretString>,
    keys: Option<Arc<Keys>>,
}

impl fmt::Debug for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_password = self.password.is_some();
        let mut debug = formatter.debug_struct("Operator");
        debug
            .field("has_password", &has_password)
            .finish_non_exhaustive()
    }
}

/// What lets a person in, and proves that a form is the page's own; another in each process.
struct Keys {
    password: Password,
    form_token: String,
}

/// Checks the password, before the routes are made.
pub(super) fn prepare(mut settings: Settings) -> Result<Settings> {
    let Some(password) = &settings.operator.password else {
        return Ok(settings);
    };
    let (visit_token, form_token) = (random()?, random()?);
    let password = Password::new(password, visit_token)?;
    settings.operator.keys = Some(Arc::new(Keys {
        password,
        form_token,
    }));
    Ok(settings)
}

/// A text that nobody can guess: 128 bits in hexadecimal digits.
fn random() -> Result<String> {
    let number = || {
        getrandom::u64().map_err(|error| {
            let message = format!("the system gives no random numbers: {error}");
            Error::new(ErrorKind::Configuration, message).with_source(error)
        })
    };
    Ok(format!("{:016x}{:016x}", number()?, number()?))
}

/// The page behind the password, if there is one.
pub(super) fn router(running: &Arc<Running>) -> Router {
    let Some(keys) = running.shared.settings.operator.keys.clone() else {
        return Router::new();
    };
    let page = Page::new(running, Some(keys));
    let base = &page.base;
    let routes = routes(base)
        .route(&format!("{base}/-/calls/{{number}}/again"), post(again))
        .route(&format!("{base}/-/portals/again"), post(unpark));
    routes.with_page(page)
}

/// What every route of the page needs.
struct Page {
    running: Arc<Running>,
    /// The path of the public address.
    base: String,
    /// `None` is the page without a password.
    keys: Option<Arc<Keys>>,
}

impl Page {
    fn new(running: &Arc<Running>, keys: Option<Arc<Keys>>) -> Arc<Self> {
        let base = running.shared.public_url.path().trim_end_matches('/');
        Arc::new(Self {
            base: base.to_owned(),
            running: Arc::clone(running),
            keys,
        })
    }

    fn shared(&self) -> &Shared {
        &self.running.shared
    }

    fn public_url(&self) -> &Url {
        &self.shared().public_url
    }

    /// One call by its number.
    async fn record(&self, number: u64) -> Result<Option<CallRecord>> {
        let filter = CallFilter {
            after: number.checked_sub(1),
            limit: Some(1),
            ..CallFilter::default()
        };
        let records = self.shared().store.calls(&filter).await?;
        Ok(records.into_iter().find(|record| record.number == number))
    }
}

fn routes(base: &str) -> Router<Arc<Page>> {
    Router::new()
        .route(&format!("{base}/-/calls"), get(overview::show))
        .route(&format!("{base}/-/calls/list"), get(list::show))
        .route(&format!("{base}/-/calls/{{number}}"), get(call::show))
        .route(&format!("{base}/-/calls.css"), get(frame::style))
}

trait WithPage {
    fn with_page(self, page: Arc<Page>) -> Router;
}

impl WithPage for Router<Arc<Page>> {
    /// Every route of the page is guarded, and no path that is none of them: the application's
    /// other paths have nothing to do with the password.
    fn with_page(self, page: Arc<Page>) -> Router {
        let guard = middleware::from_fn_with_state(Arc::clone(&page), guard::guard);
        self.route_layer(guard).with_state(page)
    }
}

/// What a button sent; `Err` is the page's answer to a form that is not its own.
async fn form(page: &Page, body: Body, key: &str) -> Result<String, Response> {
    let bodies = &page.shared().bodies;
    let body = bodies.read_at_most(body, FORM_BYTES).await;
    let body = body.map(|body| body.bytes).unwrap_or_default();
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(&body);
        fields.find(|(key, _)| key == name)
    };
    let token = field("form_token").map(|(_, token)| token.into_owned());
    if guard::is_own_form(page, token.as_deref()) {
        let value = field(key).map(|(_, value)| value.into_owned());
        return Ok(value.unwrap_or_default());
    }
    let text = "The form is not of this page as it is now: perhaps the program was started again. \
                Go back, load the page again and press the button there.";
    Err(refused(page, StatusCode::FORBIDDEN, text))
}

/// Tries a call again that was given up.
async fn again(
    Shares(page): Shares<Arc<Page>>,
    Path(number): Path<String>,
    body: Body,
) -> Response {
    if let Err(response) = form(&page, body, "").await {
        return response;
    }
    let record = match text::found(&page, &number).await {
        Ok(record) => record,
        Err(response) => return response,
    };
    match page.shared().store.retry_dead(&record.event_token).await {
        Ok(true) => {
            tracing::info!(
                portal = record.member_id,
                robot = record.code,
                event = ?record.event_token,
                "an operator has the call tried again"
            );
            see_other(&format!("{}/-/calls/{}", page.base, record.number))
        }
        Ok(false) => {
            let text = "The call is not given up any more: somebody has had it tried again.";
            refused(&page, StatusCode::CONFLICT, text)
        }
        Err(error) => frame::failed(&page, &error),
    }
}

/// Sends again to a portal that nothing was sent to.
async fn unpark(Shares(page): Shares<Arc<Page>>, body: Body) -> Response {
    let member_id = match form(&page, body, "portal").await {
        Ok(member_id) => member_id,
        Err(response) => return response,
    };
    let portal = crate::portal::printable(&member_id);
    tracing::info!(%portal, "an operator has the portal tried now");
    page.shared().lanes.unpark(&member_id);
    see_other(&format!("{}/-/calls", page.base)).into_response()
}
