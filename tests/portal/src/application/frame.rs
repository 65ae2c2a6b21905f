//! The page of an application, which the portal opens in a frame by posting a form to it.

use super::{INSTALLER, lifecycle::installed, tell};
use crate::{
    Error, delivery,
    handler_auth::Tokens,
    history::{Body, Delivery, Event, Outgoing},
    php::{self, Array, Value},
    random,
    state::{Shared, State, TOKEN_LIFE},
};

/// A page that was opened.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::Portal;
///
/// let portal = Portal::start().await?;
/// let app = portal.install("http://127.0.0.1:9000/install").with_page().await?;
/// let page = app.open().await?;
/// assert_eq!(page.status, 200);
/// assert!(page.html.contains("BX24.installFinish"));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// Its HTTP status.
    pub status: u16,
    /// What it holds.
    pub html: String,
}

/// Where a page is, and what is posted to it.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// With the query that names the portal.
    pub(crate) url: String,
    pub(crate) fields: Array,
}

/// The form of a page at an address, for a user; `placement` says where on the portal, `options` what it shows there.
pub(crate) fn form(
    shared: &Shared,
    state: &mut State,
    client_id: &str,
    user_id: u64,
    (url, placement, options): (&str, &str, &Value),
) -> Result<Form, Error> {
    installed(state, client_id)?;
    let tokens = Tokens::issue(shared, state, client_id, user_id);
    let application = installed(state, client_id)?;
    if user_id == INSTALLER {
        tell::keep(application, &tokens);
    }
    let query: Array = [
        ("DOMAIN", Value::from(shared.domain())),
        (
            "PROTOCOL",
            i64::from(shared.url.starts_with("https://")).into(),
        ),
        ("LANG", shared.settings.language.as_str().into()),
        ("APP_SID", random::hex32().into()),
    ]
    .into_iter()
    .collect();
    let separator = if url.contains('?') { '&' } else { '?' };
    let fields = [
        ("AUTH_ID", Value::from(tokens.access_token)),
        ("AUTH_EXPIRES", TOKEN_LIFE.into()),
        (
            "REFRESH_ID",
            tokens.refresh_token.unwrap_or_default().into(),
        ),
        ("SERVER_ENDPOINT", shared.server_endpoint().into()),
        ("APPLICATION_TOKEN", application.token.as_str().into()),
        ("APPLICATION_SCOPE", shared.settings.scope.join(",").into()),
        ("member_id", shared.member_id.as_str().into()),
        ("status", application.status.letter().into()),
        ("PLACEMENT", placement.into()),
        ("PLACEMENT_OPTIONS", options.to_json().to_string().into()),
    ];
    Ok(Form {
        url: format!("{url}{separator}{}", php::http_build_query(&query.into())),
        fields: fields.into_iter().collect(),
    })
}

/// The form of the application's own page, as the administrator opens it.
pub(crate) fn own_form(shared: &Shared, state: &mut State, client_id: &str) -> Result<Form, Error> {
    let url = installed(state, client_id)?.url.clone();
    let nothing = Value::Array(Array::new());
    form(
        shared,
        state,
        client_id,
        INSTALLER,
        (&url, "DEFAULT", &nothing),
    )
}

/// Posts the form of the own page as a browser does, and gives the page.
pub(super) async fn open(shared: &Shared, client_id: &str) -> Result<Opened, Error> {
    let form = own_form(shared, &mut shared.lock(), client_id)?;
    let body = php::http_build_query(&form.fields.into());
    let mut request = Delivery::to(&form.url, body);
    let at = shared.now();
    delivery::post(shared, &mut request).await;
    let page = match &request.outcome {
        Outgoing::Answered(answer) => Ok(Opened {
            status: answer.status,
            html: Body::text(&answer.body),
        }),
        outcome => Err(Error::PageNotOpened {
            url: request.url.clone(),
            reason: outcome.to_string(),
        }),
    };
    let state = &mut *shared.lock();
    if let Some(application) = state.installations.get_mut(client_id) {
        application.told.clone_from(&request);
    }
    let client_id = client_id.to_owned();
    shared.record_at(state, at, Event::Opened { client_id, request });
    page
}
