//! Keeps other web pages out: they may neither drive the portal nor read it through a name of their
//! own.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What a page may load: nothing but its own files.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                                 img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                                 base-uri 'none'; frame-ancestors 'none'";

const ON_EVERY_RESPONSE: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Without a referrer a form's origin would be "null", which is no page of the portal.
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Err(reason) = check(request.headers(), is_safe) {
        return (StatusCode::FORBIDDEN, reason).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ON_EVERY_RESPONSE {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
    response
}

/// A name that an attacker lets resolve to this machine is not loopback; a page of another origin
/// has another `Origin`.
fn check(headers: &HeaderMap, is_safe: bool) -> Result<(), &'static str> {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let Some(host) = host.filter(|host| is_loopback(host)) else {
        return Err("this portal accepts requests to 127.0.0.1, [::1] and localhost only\n");
    };
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let is_own = origin.to_str().is_ok_and(|origin| {
        let authority = ["http://", "https://"]
            .into_iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        authority == Some(host)
    });
    if is_own || is_safe {
        Ok(())
    } else {
        Err("this portal accepts requests from its own pages only\n")
    }
}

fn is_loopback(host: &str) -> bool {
    let url = reqwest::Url::parse(&format!("http://{host}/"));
    let Ok(url) = url else { return false };
    // Userinfo would be another way to spell a host.
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let name = url.host_str().unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    address
        .parse::<std::net::IpAddr>()
        .map_or_else(|_| name == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::check;

    fn passes(host: &'static str, origin: Option<&'static str>, is_safe: bool) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        check(&headers, is_safe).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_accepted() {
        for host in [
            "127.0.0.1:80",
            "127.0.0.2",
            "[::1]:8080",
            "localhost:9",
            "LOCALHOST",
        ] {
            assert!(passes(host, None, true), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "a@127.0.0.1",
            "",
            "localhost.evil",
        ] {
            assert!(!passes(host, None, true), "{host}");
        }
        assert!(check(&HeaderMap::new(), true).is_err());
    }

    #[test]
    fn only_its_own_pages_may_post() {
        let host = "127.0.0.1:5";
        assert!(passes(host, None, false));
        assert!(passes(host, Some("http://127.0.0.1:5"), false));
        assert!(passes(host, Some("https://127.0.0.1:5"), false));
        for origin in [
            "http://127.0.0.1:6",
            "http://evil.example",
            "null",
            "http://localhost:5",
            "http://127.0.0.1:5.evil.example",
        ] {
            assert!(!passes(host, Some(origin), false), "{origin}");
            assert!(passes(host, Some(origin), true), "{origin}");
        }
    }
}
