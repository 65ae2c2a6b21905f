//! An installed portal: what is stored of it, and the proof that a request comes from it.

use std::fmt;
use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};
use crate::form::{Form, Node};
use crate::property::Culture;

/// A portal that installed the application.
///
/// Its stable name is the member id; the domain can change. Replies go to `client_endpoint` and
/// nowhere else, whatever address a request carries.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Portal {
    /// The portal's stable id.
    pub member_id: String,
    /// The application, as the portal and the authorisation server know it.
    pub client_id: String,
    /// The REST address, such as `https://portal.example/rest/`.
    pub client_endpoint: Url,
    /// The authorisation server's REST address.
    pub server_endpoint: Url,
    /// The proof of origin that calls and events carry.
    pub application_token: SecretString,
    /// The installer's access token; it lives an hour.
    pub access_token: SecretString,
    /// What renews the access token.
    pub refresh_token: Option<SecretString>,
    /// The user who installed the application.
    pub user_id: Option<u64>,
    /// How the portal writes dates.
    pub culture: Culture,
}

impl Portal {
    /// A portal by what its installation said and the authorisation server confirmed.
    ///
    /// ```
    /// use bizproc_runtime::portal::{Portal, parse_endpoint};
    ///
    /// # fn portal() -> bizproc_runtime::Result<Portal> {
    /// let client_endpoint = parse_endpoint("https://portal.example/rest/")?;
    /// let server_endpoint = parse_endpoint("https://oauth.bitrix.info/rest/")?;
    /// let mut portal = Portal::new("member id", "client id", client_endpoint, server_endpoint);
    /// portal.application_token = "application token".into();
    /// portal.access_token = "access token".into();
    /// # Ok(portal)
    /// # }
    /// # portal().unwrap();
    /// ```
    #[must_use]
    pub fn new(
        member_id: impl Into<String>,
        client_id: impl Into<String>,
        client_endpoint: Url,
        server_endpoint: Url,
    ) -> Self {
        Self {
            member_id: member_id.into(),
            client_id: client_id.into(),
            client_endpoint,
            server_endpoint,
            application_token: SecretString::default(),
            access_token: SecretString::default(),
            refresh_token: None,
            user_id: None,
            culture: Culture::default(),
        }
    }

    /// Proves that a request with this member id and application token comes from the portal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`], without saying which of the two was wrong.
    pub fn verify(&self, auth: &Auth) -> Result<()> {
        let known = self.application_token.expose_secret().as_bytes();
        let same_token = auth
            .application_token
            .as_ref()
            .is_some_and(|token| bool::from(token.expose_secret().as_bytes().ct_eq(known)));
        if same_token && !known.is_empty() && auth.member_id == self.member_id {
            return Ok(());
        }
        Err(forged(&self.member_id))
    }

    /// Whether this is the portal's access token: [`Store::replace_portal`] asks it.
    ///
    /// [`Store::replace_portal`]: crate::store::Store::replace_portal
    #[must_use]
    pub fn has_access_token(&self, token: &SecretString) -> bool {
        self.access_token.expose_secret() == token.expose_secret()
    }
}

/// The same words for a portal that is not known and for one whose token is another: a stranger
/// learns nothing from them.
pub(crate) fn forged(member_id: &str) -> Error {
    let member_id = claimed(member_id);
    Error::new(
        ErrorKind::Unauthenticated,
        format!(
            "the request does not prove that it comes from a portal that installed the \
             application: `{member_id}` is unknown, or its application token is missing or another \
             one; installing the application again gives it a new one"
        ),
    )
}

/// The `auth` part of a call or an event.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Auth {
    /// The portal that the request claims to come from.
    pub member_id: String,
    /// The proof of that claim.
    pub application_token: Option<SecretString>,
    /// A token to call the portal with. Missing when the portal knew no user for the call.
    pub access_token: Option<SecretString>,
    /// What renews it.
    pub refresh_token: Option<SecretString>,
    /// The portal's REST address. Not to be trusted before it is verified.
    pub client_endpoint: Option<String>,
    /// The authorisation server's REST address. Not to be trusted before it is verified.
    pub server_endpoint: Option<String>,
    /// The owner of the tokens.
    pub user_id: Option<u64>,
}

impl Auth {
    /// Reads `auth[…]`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`] when there is no member id.
    pub fn from_form(form: &Form<'_>) -> Result<Self> {
        let auth = form.get("auth");
        let text = |key: &str| auth.and_then(|auth| auth.get(key)).and_then(Node::as_text);
        let set = |key: &str| text(key).filter(|text| !text.is_empty());
        let secret = |key: &str| set(key).map(SecretString::from);
        let Some(member_id) = set("member_id") else {
            return Err(Error::new(
                ErrorKind::BadRequest,
                "the request has no `auth[member_id]`, so it names no portal",
            ));
        };
        Ok(Self {
            member_id: member_id.to_owned(),
            application_token: secret("application_token"),
            access_token: secret("access_token"),
            refresh_token: secret("refresh_token"),
            client_endpoint: set("client_endpoint").map(str::to_owned),
            server_endpoint: set("server_endpoint").map(str::to_owned),
            user_id: set("user_id").and_then(|id| id.parse().ok()),
        })
    }
}

/// An address that tokens may be sent to: `https`, or loopback while developing.
///
/// # Errors
///
/// [`ErrorKind::BadRequest`], naming the address and what is allowed.
pub fn parse_endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|error| {
        Error::new(
            ErrorKind::BadRequest,
            format!("`{}` is no address: {error}", claimed(text)),
        )
    })?;
    let loopback = url.host().is_some_and(|host| match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => IpAddr::V4(ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(ip).is_loopback(),
    });
    if url.scheme() == "https" || (url.scheme() == "http" && loopback) {
        return Ok(url);
    }
    Err(Error::new(
        ErrorKind::BadRequest,
        format!(
            "`{}` cannot be trusted with tokens: only `https` addresses are, and loopback while \
             developing",
            claimed(text)
        ),
    ))
}

/// What a request that nobody has proven says, as [`shown`], up to a `=`: in a form that lost a `&`
/// a token follows.
pub(crate) fn claimed(text: &str) -> impl fmt::Display {
    let (claim, _) = text.split_once('=').unwrap_or((text, ""));
    shown(claim)
}

/// A text from outside, safe to stand in an error or a log line.
pub(crate) fn shown(text: &str) -> impl fmt::Display {
    const SHOWN_CHARS: usize = 100;
    text.chars()
        .take(SHOWN_CHARS)
        .flat_map(char::escape_debug)
        .collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_only_go_to_https_or_loopback() {
        for allowed in [
            "https://portal.example/rest/",
            "http://127.0.0.1:80/",
            "http://[::1]:9/",
        ] {
            assert!(parse_endpoint(allowed).is_ok(), "{allowed}");
        }
        for refused in [
            "http://portal.example/rest/",
            "ftp://127.0.0.1/",
            "portal",
            "",
            "http://10.0.0.1/",
        ] {
            assert_eq!(
                parse_endpoint(refused).unwrap_err().kind(),
                ErrorKind::BadRequest,
                "{refused}"
            );
        }
    }

    #[test]
    fn a_claim_ends_before_a_token() {
        let merged = claimed("member\nauth[application_token]=secret").to_string();
        assert_eq!(merged, "member\\nauth[application_token]");
        assert_eq!(shown(&"a".repeat(1000)).to_string().len(), 100);
    }

    #[test]
    fn a_request_proves_its_origin_by_both_names() {
        let client_endpoint = parse_endpoint("https://portal.example/rest/").unwrap();
        let server_endpoint = parse_endpoint("https://oauth.bitrix.info/rest/").unwrap();
        let mut portal = Portal::new("member", "client", client_endpoint, server_endpoint);
        portal.application_token = "secret".into();
        let check = |body: &str| {
            let form = Form::decode(body.as_bytes(), &crate::form::Limits::default());
            portal.verify(&Auth::from_form(&form).unwrap()).is_ok()
        };
        assert!(check(
            "auth[member_id]=member&auth[application_token]=secret"
        ));
        assert!(!check(
            "auth[member_id]=member&auth[application_token]=other"
        ));
        assert!(!check("auth[member_id]=member&auth[application_token]="));
        assert!(!check("auth[member_id]=member"));
        assert!(!check(
            "auth[member_id]=other&auth[application_token]=secret"
        ));
        assert!(
            !format!("{portal:?}").contains("secret"),
            "Debug hides tokens"
        );
    }
}
