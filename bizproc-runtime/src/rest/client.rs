#[cfg(feature = "server")]
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use super::metrics;
#[cfg(feature = "server")]
use super::rate_limit::RateLimiter;
use super::response::{self, Response};
use super::transport::{exchange, http};
use crate::error::{Error, ErrorKind, Result};

/// Calls the REST methods of one portal with one token.
///
/// ```no_run
/// use bizproc_runtime::rest::Client;
/// use serde_json::json;
///
/// # async fn run() -> bizproc_runtime::Result<()> {
/// let client = Client::new("https://portal.example/rest/", "access token")?;
/// let deal: serde_json::Value = client.call("crm.deal.get", json!({"id": 7})).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    token: SecretString,
    /// Shared by all clients of the portal.
    #[cfg(feature = "server")]
    limiter: Option<Arc<RateLimiter>>,
}

impl Client {
    /// A client of the portal with this REST address, such as `https://portal.example/rest/`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`] when the address is not `https` (loopback excepted),
    /// [`ErrorKind::Configuration`] when the TLS of the crate's features cannot be set up. Without such
    /// a feature every call of an `https` address fails with [`ErrorKind::Connect`].
    pub fn new(endpoint: &str, token: impl Into<SecretString>) -> Result<Self> {
        Ok(Self::with_http(
            http()?,
            crate::portal::parse_endpoint(endpoint)?,
            token.into(),
        ))
    }

    /// A client that shares connections with others; the address is checked.
    pub(crate) fn with_http(http: reqwest::Client, endpoint: Url, token: SecretString) -> Self {
        Self {
            http,
            endpoint,
            token,
            #[cfg(feature = "server")]
            limiter: None,
        }
    }

    /// The same portal, called no faster than it allows.
    #[cfg(feature = "server")]
    pub(crate) fn limited(mut self, limiter: Arc<RateLimiter>) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// The same portal with another token.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self {
            token,
            ..self.clone()
        }
    }

    /// The result of `method`; `params` must serialise as a map.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Rejected`] with the portal's code when it refuses; [`ErrorKind::Connect`] when nothing was
    /// sent; [`ErrorKind::NoResponse`] when it is not known whether the method ran; [`ErrorKind::InvalidResponse`]
    /// when what came back is not a response of REST, or has another type than `T`.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<T> {
        self.call_full(method, params)
            .await
            .map(|response| response.result)
    }

    /// The result of `method` with what stands beside it: the next page, the total, the time.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn call_full<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<Response<T>> {
        #[cfg(feature = "server")]
        let permit = match &self.limiter {
            Some(limiter) => Some(limiter.acquire(method).await),
            None => None,
        };
        let result = metrics::request(method, self.send(method, params)).await;
        #[cfg(feature = "server")]
        if let Some(permit) = permit {
            permit.complete(&result);
        }
        result.map_err(|error| error.context(format_args!("`{method}`")))
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<Response<T>> {
        let mut body = map_of(params)?;
        body.insert("auth".to_owned(), self.token.expose_secret().into());
        let url = self.method_url(method)?;
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(Value::Object(body).to_string());
        let (status, body) = exchange(request).await?;
        response::read(status, &body)
    }

    fn method_url(&self, method: &str) -> Result<Url> {
        check_method(method)?;
        let mut url = self.endpoint.clone();
        let path = format!("{}/{method}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(url)
    }
}

pub(super) fn check_method(method: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if method.is_empty() || !method.chars().all(allowed) {
        let message = "a method's name has latin letters, digits, `.`, `_` and `-` only";
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    Ok(())
}

pub(super) fn map_of(params: impl Serialize) -> Result<Map<String, Value>> {
    let params = serde_json::to_value(params).map_err(|error| {
        let message = format!("the parameters cannot be written as JSON: {error}");
        Error::new(ErrorKind::Configuration, message).with_source(error)
    })?;
    let Value::Object(params) = params else {
        let message = "the parameters of a method are a map of names and values";
        return Err(Error::new(ErrorKind::Configuration, message));
    };
    Ok(params)
}
