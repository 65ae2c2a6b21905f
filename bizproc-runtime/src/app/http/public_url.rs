//! The address under which portals reach an application, and the paths below it.

use url::Url;

use crate::app::install::INSTALL_PATH;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::parse_endpoint;

/// The longest path of a robot, in characters.
const PATH_CHARS: usize = 200;

/// The longest public address, in characters: portals store addresses of at most 1000, and paths
/// are appended.
const URL_CHARS: usize = 800;

/// The portal's rule for handlers (`bizproc.robot.add`, `HANDLER`): a host with a dot in it, and at
/// most 1000 characters. Plain `http` is for loopback only.
pub(crate) fn check_public_url(text: &str) -> Result<Url> {
    let invalid = |message: String| Error::new(ErrorKind::Configuration, message);
    let url = parse_endpoint(text)
        .map_err(|error| invalid(format!("the public address cannot be used: {error}")))?;
    let has_dot = url
        .host_str()
        .and_then(|host| host.find('.'))
        .is_some_and(|dot| dot > 0);
    if !has_dot {
        return Err(invalid(format!(
            "the public address `{text}` has no dot in its host, and portals refuse it; write \
             `127.0.0.1` instead of `localhost`"
        )));
    }
    let path = base_path(&url);
    if !path.is_empty() {
        check_path(path).map_err(|error| invalid(format!("the public address: {error}")))?;
    }
    if url.query().is_some() || url.fragment().is_some() || text.chars().count() > URL_CHARS {
        return Err(invalid(format!(
            "the public address must have no `?`, no `#` and at most {URL_CHARS} characters: paths \
             are appended to it"
        )));
    }
    Ok(url)
}

/// The path of the public address, below which all routes are.
pub(crate) fn base_path(public_url: &Url) -> &str {
    public_url.path().trim_end_matches('/')
}

/// Checks that the router can hold a path, before the router is made: making it panics.
pub(crate) fn check_path(path: &str) -> Result<()> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/._-~".contains(c);
    let fault = if path == INSTALL_PATH {
        "it takes the portals' events"
    } else if path.starts_with("/-/") {
        "paths below `/-/` are the application's own"
    } else if path.chars().count() > PATH_CHARS {
        "it has more than 200 characters, and portals store addresses of at most 1000"
    } else if !path.starts_with('/') || !path.chars().all(is_allowed) {
        "a path begins with `/` and contains latin letters, digits, `/`, `.`, `_`, `-` and `~`"
    } else {
        return Ok(());
    };
    let message = format!("`{path}` cannot receive the calls of a robot: {fault}");
    Err(Error::new(ErrorKind::Configuration, message))
}
