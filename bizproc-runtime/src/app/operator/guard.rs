//! Who is let in, and the headers of every response.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use super::page::Page;
use super::password::{COOKIE, Password, Verdict, is_same};
use crate::app::http::base_path;

/// The page has no script; its style is a file of its own.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const ON_EVERY_RESPONSE: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Without a referrer a form's origin would be "null".
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub(super) async fn guard(
    Extract(page): Extract<Arc<Page>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match &page.keys {
        Some(keys) => with_password(&page, &keys.password, request, next).await,
        None if is_own_host(request.headers(), page.public_url()) => next.run(request).await,
        None => {
            let text = "this page answers to IP addresses, localhost and the application's host \
                        only; a proxy before it must set such a Host\n";
            (StatusCode::FORBIDDEN, text).into_response()
        }
    };
    let headers = response.headers_mut();
    for (name, value) in ON_EVERY_RESPONSE {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn with_password(page: &Page, password: &Password, request: Request, next: Next) -> Response {
    let has_cookie = match password.check(request.headers()) {
        Verdict::Let { has_cookie } => has_cookie,
        Verdict::Ask => {
            let ask = "Basic realm=\"bizproc\", charset=\"UTF-8\"";
            let headers = [(header::WWW_AUTHENTICATE, ask)];
            let text = "the operator's password is needed\n";
            return (StatusCode::UNAUTHORIZED, headers, text).into_response();
        }
        Verdict::Wait(left) => {
            let headers = [(header::RETRY_AFTER, (left.as_secs() + 1).to_string())];
            let text = "too many wrong passwords; wait and try again\n";
            return (StatusCode::TOO_MANY_REQUESTS, headers, text).into_response();
        }
    };
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_safe && !is_same_origin(request.headers(), page.public_url()) {
        let text = "this page takes forms from itself only, at the application's public address\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let mut response = next.run(request).await;
    if !has_cookie && let Ok(cookie) = HeaderValue::try_from(cookie_of(page.public_url(), password))
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn cookie_of(public_url: &Url, password: &Password) -> String {
    let base = base_path(public_url);
    let value = password.visit_token();
    let secure = match public_url.scheme() {
        "https" => "; Secure",
        _ => "",
    };
    format!("{COOKIE}={value}; Path={base}/-/; HttpOnly; SameSite=Strict{secure}")
}

/// Whether a form comes from a page of the public address, as far as the browser says.
fn is_same_origin(headers: &HeaderMap, public_url: &Url) -> bool {
    let own = public_url.origin().ascii_serialization();
    let is = |name: HeaderName, expected: &str| {
        let value = headers.get(name);
        value.is_none_or(|value| value.as_bytes() == expected.as_bytes())
    };
    is(header::ORIGIN, &own) && is(HeaderName::from_static("sec-fetch-site"), "same-origin")
}

/// Whether a form carries this process's token. The page without a password has no forms.
pub(super) fn is_own_form(page: &Page, token: Option<&str>) -> bool {
    let known = page.keys.as_ref().map(|keys| keys.form_token.as_bytes());
    match (known, token) {
        (Some(known), Some(token)) => is_same(known, token.as_bytes()),
        _ => false,
    }
}

/// A name that a hostile page's own server resolves to this machine is none of these.
fn is_own_host(headers: &HeaderMap, public_url: &Url) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let url = host.and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    let Some(host) = url.as_ref().and_then(Url::host) else {
        return false;
    };
    match host {
        Host::Ipv4(address) => !IpAddr::V4(address).is_unspecified(),
        Host::Ipv6(address) => !IpAddr::V6(address).is_unspecified(),
        Host::Domain("localhost") => true,
        Host::Domain(name) => public_url.host_str() == Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::operator::Keys;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn forms_come_from_the_public_address() {
        let own = Url::parse("https://app.example/b24").unwrap();
        let passes = |pairs: &[_]| is_same_origin(&headers(pairs), &own);
        assert!(passes(&[]));
        assert!(passes(&[("origin", "https://app.example")]));
        assert!(passes(&[
            ("origin", "https://app.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        for site in ["same-site", "cross-site", "none"] {
            assert!(!passes(&[("sec-fetch-site", site)]), "{site}");
        }
        for origin in [
            "null",
            "http://app.example",
            "https://app.example:444",
            "https://app.example.evil.example",
        ] {
            assert!(!passes(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn without_a_password_foreign_names_are_not_answered() {
        let own = Url::parse("https://app.example/b24").unwrap();
        let passes = |host| is_own_host(&headers(&[("host", host)]), &own);
        for host in [
            "127.0.0.1:9090",
            "10.1.2.3",
            "[::1]:5",
            "localhost:1",
            "app.example",
        ] {
            assert!(passes(host), "{host}");
        }
        for host in [
            "evil.example",
            "app.example.evil.example",
            "",
            "0.0.0.0:80",
            "a b",
        ] {
            assert!(!passes(host), "{host}");
        }
        assert!(!is_own_host(&HeaderMap::new(), &own));
    }

    #[tokio::test]
    async fn the_cookie_stays_below_the_application() {
        let public_url = Url::parse("https://app.example/b24").unwrap();
        let keys = Keys::new(&"a long enough password".into()).unwrap();
        let cookie = cookie_of(&public_url, &keys.password);
        let expected = "; Path=/b24/-/; HttpOnly; SameSite=Strict; Secure";
        assert!(cookie.ends_with(expected), "{cookie}");
    }
}
