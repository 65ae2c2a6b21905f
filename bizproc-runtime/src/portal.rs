//! Installed portals, and the proof that a request comes from one of them.

use std::fmt;
use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};
use crate::form::{Form, Node};
use crate::property::Culture;

/// A portal that has installed the application.
///
/// The member id identifies it; its domain can change. Replies go to `client_endpoint` only,
/// whatever address a request carries.
///
/// It is shared by an [`Arc`](std::sync::Arc); [`Portal::duplicate`] makes one that can be changed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Portal {
    /// The portal's id, which never changes.
    pub member_id: String,
    /// The id of the application on the portal and on the authorisation server.
    pub client_id: String,
    /// The REST address, such as `https://portal.example/rest/`.
    pub client_endpoint: Url,
    /// The authorisation server's REST address.
    pub server_endpoint: Url,
    /// The token that calls and events carry as proof of their origin.
    pub application_token: SecretString,
    /// The access token of the user who installed the application; it expires after an hour.
    pub access_token: SecretString,
    /// The token that renews the access token.
    pub refresh_token: Option<SecretString>,
    /// The user who installed the application.
    pub user_id: Option<u64>,
    /// The portal's format of dates.
    pub culture: Culture,
}

impl Portal {
    /// Creates a portal without tokens, from addresses that the authorisation server has confirmed.
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

    /// Copies the portal, to be changed and [saved](crate::store::Store::save_portal). Everything
    /// else shares it.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            member_id: self.member_id.clone(),
            client_id: self.client_id.clone(),
            client_endpoint: self.client_endpoint.clone(),
            server_endpoint: self.server_endpoint.clone(),
            application_token: self.application_token.clone(),
            access_token: self.access_token.clone(),
            refresh_token: self.refresh_token.clone(),
            user_id: self.user_id,
            culture: self.culture.clone(),
        }
    }

    /// Checks that a request with this `auth` comes from the portal: both its member id and its
    /// application token must match.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`]; the text does not say which of the two is wrong.
    pub fn verify(&self, auth: &Auth) -> Result<()> {
        let known = self.application_token.expose_secret().as_bytes();
        let same_token = auth
            .application_token
            .as_ref()
            .is_some_and(|token| bool::from(token.expose_secret().as_bytes().ct_eq(known)));
        if same_token && !known.is_empty() && auth.member_id == self.member_id {
            return Ok(());
        }
        Err(unauthenticated(&self.member_id))
    }

    /// Whether `token` is the portal's access token, as [`Store::replace_portal`] has to check.
    ///
    /// [`Store::replace_portal`]: crate::store::Store::replace_portal
    #[must_use]
    pub fn has_access_token(&self, token: &SecretString) -> bool {
        self.access_token.expose_secret() == token.expose_secret()
    }
}

/// The error for a request that does not prove its origin. Its text is the same for an unknown
/// portal and for a wrong token, so that it gives no information away.
pub(crate) fn unauthenticated(member_id: &str) -> Error {
    let member_id = untrusted(member_id);
    Error::new(
        ErrorKind::Unauthenticated,
        format!(
            "the request does not prove that it comes from a portal that installed the \
             application: `{member_id}` is unknown, or its application token is missing or wrong; \
             install the application again to get a new token"
        ),
    )
}

/// The `auth` part of a call or an event.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Auth {
    /// The id of the portal that the request claims to come from.
    pub member_id: String,
    /// The token that proves the claim.
    pub application_token: Option<SecretString>,
    /// An access token for the portal; missing if the portal knew no user for the call.
    pub access_token: Option<SecretString>,
    /// The token that renews the access token.
    pub refresh_token: Option<SecretString>,
    /// The portal's REST address. Do not trust it before it is verified.
    pub client_endpoint: Option<String>,
    /// The authorisation server's REST address. Do not trust it before it is verified.
    pub server_endpoint: Option<String>,
    /// The user whom the tokens belong to.
    pub user_id: Option<u64>,
}

impl Auth {
    /// Reads `auth[…]` of a form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`] if there is no member id.
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

/// Parses an address that tokens may be sent to: `https`, or loopback during development.
///
/// # Errors
///
/// [`ErrorKind::BadRequest`]; the text contains the address and says which are allowed.
pub fn parse_endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|error| {
        Error::new(
            ErrorKind::BadRequest,
            format!("`{}` is no address: {error}", untrusted(text)),
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
            "no token may be sent to `{}`: only `https` addresses are allowed, and loopback during \
             development",
            untrusted(text)
        ),
    ))
}

/// A text of an unauthenticated request, [`printable`] and cut at the first `=`: in a form that lost
/// a `&`, a token may follow.
pub(crate) fn untrusted(text: &str) -> impl fmt::Display {
    let (name, _) = text.split_once('=').unwrap_or((text, ""));
    printable(name)
}

/// A text from outside, escaped and cut so that an error or a log line may contain it.
pub(crate) fn printable(text: &str) -> impl fmt::Display {
    const MAX_CHARS: usize = 100;
    text.chars()
        .take(MAX_CHARS)
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
    fn an_untrusted_text_ends_before_a_token() {
        let merged = untrusted("member\nauth[application_token]=secret").to_string();
        assert_eq!(merged, "member\\nauth[application_token]");
        assert_eq!(printable(&"a".repeat(1000)).to_string().len(), 100);
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
