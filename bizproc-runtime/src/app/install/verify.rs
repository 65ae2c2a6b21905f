//! Who an installation really comes from.

use std::sync::Arc;

use backon::Retryable as _;
use secrecy::SecretString;
use url::Url;

use crate::app::backoff::{INSTALL_BACKOFF, is_transient};
use crate::app::portals::Portals;
use crate::app::settings::InstallSettings;
use crate::definition::RobotKind;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::{Auth, Portal, parse_endpoint, untrusted};
use crate::rest::{AppInfo, Client};

/// Verifies installations.
pub(super) struct Verifier {
    portals: Arc<Portals>,
    settings: InstallSettings,
}

/// An installation that an administrator of the portal made.
pub(super) struct Verified {
    pub(super) portal: Arc<Portal>,
    /// The codes of the application's robots that the portal has.
    pub(super) listed: Vec<String>,
}

/// What an installation claims of itself.
struct Claims<'a> {
    server_endpoint: Url,
    client_endpoint: Url,
    access_token: &'a SecretString,
    application_token: &'a SecretString,
}

impl Verifier {
    pub(super) fn new(portals: &Arc<Portals>, settings: InstallSettings) -> Self {
        Self {
            portals: Arc::clone(portals),
            settings,
        }
    }

    /// Verifies an installation. It brings the first application token, so nothing stored can prove
    /// it: the authorisation server is asked whose the access token is, and the portal whether its
    /// owner is an administrator. Other users of the portal have tokens of this application, too.
    pub(super) async fn verify_installation(&self, auth: &Auth) -> Result<Verified> {
        let claims = Claims::from_auth(auth)?;
        self.check_server(&claims.server_endpoint)?;
        let ask = || {
            self.portals
                .app_info(&claims.server_endpoint, claims.access_token)
        };
        let info = ask
            .retry(INSTALL_BACKOFF)
            .sleep(tokio::time::sleep)
            .when(is_transient)
            .await
            .map_err(not_confirmed)?;
        let known = self.portals.find(&auth.member_id).await?;
        let known_client_id = known.as_ref().map(|known| known.client_id.as_str());
        let client_endpoint = self.check_info(auth, &claims, &info, known_client_id)?;
        if known.is_none() {
            self.portals.add_new(&auth.member_id);
        }
        let mut portal = Portal::new(
            &auth.member_id,
            &info.client_id,
            client_endpoint,
            claims.server_endpoint,
        );
        portal.application_token = claims.application_token.clone();
        portal.access_token = claims.access_token.clone();
        portal.refresh_token = auth.refresh_token.clone();
        portal.user_id = auth.user_id.or_else(|| info.user_id());
        portal.culture = self.settings.culture.clone();
        let listed = check_administrator(&self.portals.limited_client(&portal)).await?;
        Ok(Verified {
            portal: Arc::new(portal),
            listed,
        })
    }

    /// Only known servers are asked: any other address could say anything.
    fn check_server(&self, server_endpoint: &Url) -> Result<()> {
        let host = server_endpoint.host_str().unwrap_or_default();
        if self.settings.oauth_hosts.iter().any(|known| known == host) {
            return Ok(());
        }
        let message = format!(
            "`{}` is no authorisation server that may vouch for an installation; trust one of your \
             own with `App::trust_oauth_host`",
            untrusted(host)
        );
        Err(Error::new(ErrorKind::Unauthenticated, message))
    }

    /// The portal's address, as the authorisation server has it.
    fn check_info(
        &self,
        auth: &Auth,
        claims: &Claims<'_>,
        info: &AppInfo,
        known_client_id: Option<&str>,
    ) -> Result<Url> {
        let real = parse_endpoint(&info.install.client_endpoint)?;
        let expected = self.settings.client_id.as_deref().or(known_client_id);
        let is_same_application = expected.is_none_or(|expected| expected == info.client_id);
        let is_same_place = real.origin() == claims.client_endpoint.origin();
        if info.install.member_id == auth.member_id && is_same_place && is_same_application {
            return Ok(real);
        }
        let member_id = untrusted(&auth.member_id);
        Err(Error::new(
            ErrorKind::Unauthenticated,
            format!(
                "the authorisation server does not confirm the installation on portal \
                 `{member_id}`: portal, address or application is another one"
            ),
        ))
    }
}

impl<'a> Claims<'a> {
    fn from_auth(auth: &'a Auth) -> Result<Self> {
        let endpoint = |value: Option<&String>, key: &str| {
            let missing = || {
                let message = format!("the installation has no `auth[{key}]`");
                Error::new(ErrorKind::BadRequest, message)
            };
            parse_endpoint(value.ok_or_else(missing)?)
        };
        let server_endpoint = endpoint(auth.server_endpoint.as_ref(), "server_endpoint")?;
        let client_endpoint = endpoint(auth.client_endpoint.as_ref(), "client_endpoint")?;
        let (Some(access_token), Some(application_token)) =
            (&auth.access_token, &auth.application_token)
        else {
            let message =
                "the installation has no `auth[access_token]` or no `auth[application_token]`";
            return Err(Error::new(ErrorKind::BadRequest, message));
        };
        Ok(Self {
            server_endpoint,
            client_endpoint,
            access_token,
            application_token,
        })
    }
}

/// A refused token is the requester's fault, any other failure is not.
fn not_confirmed(error: Error) -> Error {
    if error.kind() != ErrorKind::Rejected {
        return error;
    }
    let message = format!("the authorisation server does not vouch for the installation: {error}");
    Error::new(ErrorKind::Unauthenticated, message).with_source(error)
}

/// Lists the robots, which only an administrator may do. A portal without robots has no such
/// method at all, and none registered.
async fn check_administrator(client: &Client) -> Result<Vec<String>> {
    let list = || client.robot_list(RobotKind::Robot);
    match list
        .retry(INSTALL_BACKOFF)
        .sleep(tokio::time::sleep)
        .when(is_transient)
        .await
    {
        Ok(codes) => Ok(codes),
        Err(error) if error.has_code("ERROR_METHOD_NOT_FOUND") => Ok(Vec::new()),
        Err(error) if error.has_code("ACCESS_DENIED") => {
            let message = "the installation's access token is not an administrator's";
            Err(Error::new(ErrorKind::Unauthenticated, message).with_source(error))
        }
        Err(error) => Err(error),
    }
}
