//! How a database holds a portal.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::property::Culture;

/// A portal as JSON, with its tokens in clear: the store encrypts the whole.
#[derive(Serialize, Deserialize)]
struct PortalJson {
    member_id: String,
    client_id: String,
    client_endpoint: String,
    server_endpoint: String,
    application_token: String,
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    user_id: Option<u64>,
    #[serde(default)]
    date_format: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
}

pub(in crate::store) fn to_json(portal: &Portal) -> Result<Vec<u8>> {
    let text = |secret: &SecretString| secret.expose_secret().to_owned();
    let json = PortalJson {
        member_id: portal.member_id.clone(),
        client_id: portal.client_id.clone(),
        client_endpoint: portal.client_endpoint.to_string(),
        server_endpoint: portal.server_endpoint.to_string(),
        application_token: text(&portal.application_token),
        access_token: text(&portal.access_token),
        refresh_token: portal.refresh_token.as_ref().map(text),
        user_id: portal.user_id,
        date_format: portal.culture.date_format().map(str::to_owned),
        time_zone: time_zone_to_text(&portal.culture),
    };
    serde_json::to_vec(&json).map_err(|error| {
        Error::new(ErrorKind::Store, "the portal cannot be written as JSON").with_source(error)
    })
}

pub(in crate::store) fn from_json(json: &[u8]) -> Result<Portal> {
    let stored: PortalJson = serde_json::from_slice(json).map_err(|error| {
        Error::new(ErrorKind::Store, "a stored portal cannot be read").with_source(error)
    })?;
    let mut portal = Portal::new(
        stored.member_id,
        stored.client_id,
        address(&stored.client_endpoint)?,
        address(&stored.server_endpoint)?,
    );
    portal.application_token = stored.application_token.into();
    portal.access_token = stored.access_token.into();
    portal.refresh_token = stored.refresh_token.map(SecretString::from);
    portal.user_id = stored.user_id;
    if let Some(format) = stored.date_format {
        portal.culture = portal.culture.with_date_format(&format);
    }
    if let Some(zone) = stored.time_zone {
        portal.culture = with_time_zone(portal.culture, &zone);
    }
    Ok(portal)
}

fn address(text: &str) -> Result<Url> {
    Url::parse(text).map_err(|error| {
        Error::new(
            ErrorKind::Store,
            "the address of a stored portal cannot be read",
        )
        .with_source(error)
    })
}

/// Writes the zone as in an RFC 9557 timestamp: a name, or an offset.
#[cfg(feature = "jiff")]
fn time_zone_to_text(culture: &Culture) -> Option<String> {
    let printer = jiff::fmt::temporal::DateTimePrinter::new();
    printer.time_zone_to_string(culture.time_zone()?).ok()
}

/// Ignores a zone that this machine does not know any more.
#[cfg(feature = "jiff")]
fn with_time_zone(culture: Culture, text: &str) -> Culture {
    match jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(text) {
        Ok(zone) => culture.with_time_zone(zone),
        Err(_) => culture,
    }
}

#[cfg(not(feature = "jiff"))]
fn time_zone_to_text(_: &Culture) -> Option<String> {
    None
}

#[cfg(not(feature = "jiff"))]
fn with_time_zone(culture: Culture, _: &str) -> Culture {
    culture
}
