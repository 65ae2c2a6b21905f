//! The address under which portals reach an application.

use url::Url;

use crate::app::http::routes;
use crate::error::{Error, ErrorKind, Result};

/// The portal's rule for handlers (`bizproc.robot.add`, `HANDLER`): a host with a dot in it, and at
/// most 1000 characters. Plain `http` is for loopback only.
pub(in crate::app) fn check(text: &str) -> Result<Url> {
    const LONGEST: usize = 800;
    let fault = |message: String| Error::new(ErrorKind::Configuration, message);
    let url = crate::portal::parse_endpoint(text)
        .map_err(|error| fault(format!("the public address cannot be used: {error}")))?;
    let dotted = url
        .host_str()
        .and_then(|host| host.find('.'))
        .is_some_and(|dot| dot > 0);
    if !dotted {
        return Err(fault(format!(
            "the public address `{text}` has no dot in its host, and portals refuse it; write \
             `127.0.0.1` instead of `localhost`"
        )));
    }
    let path = url.path().trim_end_matches('/');
    if !path.is_empty() {
        routes::check_path(path).map_err(|error| fault(format!("the public address: {error}")))?;
    }
    if url.query().is_some() || url.fragment().is_some() || text.chars().count() > LONGEST {
        return Err(fault(format!(
            "the public address must have no `?`, no `#` and at most {LONGEST} characters: paths \
             are appended to it"
        )));
    }
    Ok(url)
}
