use crate::rules::php::number::WHITE_SPACE;

/// A longer port makes the whole address invalid.
const MAX_PORT: usize = 5;

/// The parts of an address that the portal's rules look at.
///
/// ```
/// use bizproc_portal::php::{Url, parse_url};
///
/// let expected = Url { scheme: Some("https"), host: Some("[::1]") };
/// assert_eq!(parse_url("https://[::1]:8443/handler"), Some(expected));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Url<'a> {
    /// The part before `:`, in its original letter case.
    pub scheme: Option<&'a str>,
    /// The host, without user and port; IPv6 addresses keep their brackets.
    pub host: Option<&'a str>,
}

/// Splits an address as PHP's `parse_url` does; `None` where PHP returns `false`.
///
/// PHP is laxer than the URL standard (a host may contain spaces) and stricter (a port above 65535
/// makes the address invalid).
///
/// ```
/// use bizproc_portal::php::parse_url;
///
/// let url = parse_url("http://user:pw@ex ample.com:99/p").unwrap();
/// assert_eq!((url.scheme, url.host), (Some("http"), Some("ex ample.com")));
/// assert_eq!(parse_url("https://app.example:70000/h"), None);
/// ```
#[must_use]
pub fn parse_url(text: &str) -> Option<Url<'_>> {
    match text.find(':') {
        Some(0) => after_colon(text, 0),
        Some(colon) => with_colon(text, colon),
        None => relative(text),
    }
}

/// Returns the path of a relative address and its query, as `parse_url` does for `method?a=b`.
///
/// ```
/// use bizproc_portal::php::path_and_query;
///
/// assert_eq!(path_and_query("app.info?a=1?b#c"), ("app.info", "a=1?b"));
/// assert_eq!(path_and_query("app.info"), ("app.info", ""));
/// ```
#[must_use]
pub fn path_and_query(text: &str) -> (&str, &str) {
    let whole = text.split_once('#').map_or(text, |(before, _)| before);
    whole.split_once('?').unwrap_or((whole, ""))
}

fn with_colon(text: &str, colon: usize) -> Option<Url<'_>> {
    let (scheme, rest) = text.split_at(colon);
    let rest = rest.get(1..).unwrap_or_default();
    let is_scheme = scheme
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        let first_mark = text.find(['?', '#']).unwrap_or(text.len());
        let colon_before_query = !rest.is_empty() && colon < first_mark;
        return if colon_before_query {
            after_colon(text, colon)
        } else {
            relative(text)
        };
    }
    if rest.is_empty() {
        return Some(Url {
            scheme: Some(scheme),
            host: None,
        });
    }
    if !rest.starts_with('/') {
        // `host:80` and `host:80/path` are hosts with a port, `mailto:x` is a scheme.
        let digits = leading_digits(rest, 6);
        let after = rest.get(digits..).unwrap_or_default();
        if digits < 6 && (after.is_empty() || after.starts_with('/')) {
            return after_colon(text, colon);
        }
        return Some(Url {
            scheme: Some(scheme),
            host: None,
        });
    }
    match rest.strip_prefix("//") {
        Some(authority) if !scheme.eq_ignore_ascii_case("file") => {
            host(authority, Some(scheme), false)
        }
        // PHP reads `file:///path` as a path; only `file://host/path` has a host.
        Some(authority) if !authority.starts_with('/') => host(authority, Some(scheme), false),
        _ => Some(Url {
            scheme: Some(scheme),
            host: None,
        }),
    }
}

/// No scheme: perhaps `host:port`.
fn after_colon(text: &str, colon: usize) -> Option<Url<'_>> {
    let rest = text.get(colon + 1..).unwrap_or_default();
    let digits = leading_digits(rest, 6);
    let after = rest.get(digits..).unwrap_or_default();
    let authority = text.strip_prefix("//");
    if (1..6).contains(&digits) && (after.is_empty() || after.starts_with('/')) {
        rest.get(..digits)
            .and_then(|port| port.parse::<u16>().ok())?;
        return host(authority.unwrap_or(text), None, true);
    }
    if digits == 0 && rest.is_empty() {
        return None;
    }
    authority.map_or_else(
        || Some(Url::default()),
        |authority| host(authority, None, false),
    )
}

fn relative(text: &str) -> Option<Url<'_>> {
    text.strip_prefix("//").map_or_else(
        || Some(Url::default()),
        |authority| host(authority, None, false),
    )
}

fn host<'a>(text: &'a str, scheme: Option<&'a str>, port_is_known: bool) -> Option<Url<'a>> {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place);
    let is_ipv6 = place.starts_with('[') && place.ends_with(']');
    let name = match place.rsplit_once(':') {
        Some((name, port)) if !is_ipv6 => {
            if !port_is_known && !is_port(port) {
                return None;
            }
            name
        }
        _ => place,
    };
    (!name.is_empty()).then_some(Url {
        scheme,
        host: Some(name),
    })
}

fn is_port(text: &str) -> bool {
    // PHP reads with `strtol`: an empty port is accepted, white space and a sign may precede the
    // digits, and text after them is ignored.
    let number = text.trim_start_matches(WHITE_SPACE);
    let (is_negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let port = number
        .get(..leading_digits(number, MAX_PORT))
        .and_then(|digits| digits.parse::<u16>().ok());
    text.is_empty()
        || (text.len() <= MAX_PORT && port.is_some_and(|port| port == 0 || !is_negative))
}

fn leading_digits(text: &str, most: usize) -> usize {
    text.bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count()
}
