//! Brings a portal's registrations in line with what the program declares.

use std::collections::HashSet;

use crate::definition::{Definition, Registration, RobotKind};
use crate::error::{Error, Kind, Result};
use crate::rest::Client;

/// What was done for one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The portal did not have it.
    Added,
    /// The portal had it; it was replaced as a whole.
    Updated,
}

/// Registers every definition: what the portal lists is updated, the rest is added. Nothing is
/// removed. Repeating it is harmless; portals need it after each update of an application, which
/// may wipe the registrations.
///
/// # Errors
///
/// The failure of each definition that failed, after all were tried.
///
/// ```no_run
/// use bizproc_runtime::Robot;
/// use bizproc_runtime::definition::Registration;
/// use bizproc_runtime::registry::register;
/// use bizproc_runtime::rest::Client;
///
/// /// Ping
/// #[derive(Robot)]
/// #[robot(code = "acme_ping")]
/// struct Ping;
///
/// # async fn run() -> bizproc_runtime::Result<()> {
/// let client = Client::new("https://portal.example/rest/", "an administrator's token")?;
/// let at = Registration::at("https://app.example/b24").user(1);
/// register(&client, &[Ping::DEFINITION], &at).await?;
/// # Ok(())
/// # }
/// ```
pub async fn register(
    client: &Client,
    definitions: &[Definition],
    at: &Registration,
) -> Result<Vec<Registered>> {
    let mut present = HashSet::new();
    for kind in [RobotKind::Robot, RobotKind::Activity] {
        if definitions
            .iter()
            .any(|definition| definition.kind() == kind)
        {
            present.extend(
                client
                    .list(kind)
                    .await?
                    .into_iter()
                    .map(|code| (kind, code)),
            );
        }
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for definition in definitions {
        let known = present.contains(&(definition.kind(), definition.code().to_owned()));
        match register_one(client, definition, at, known).await {
            Ok(registered) => done.push(registered),
            Err(error) => failed.push(format!("`{}`: {error}", definition.code())),
        }
    }
    if failed.is_empty() {
        return Ok(done);
    }
    let (count, all) = (failed.len(), definitions.len());
    let failed = failed.join("; ");
    let message = format!("{count} of {all} robots could not be registered: {failed}");
    Err(Error::new(Kind::Portal, message))
}

/// Somebody else may add or remove between the list and the call: each then falls back to the
/// other.
async fn register_one(
    client: &Client,
    definition: &Definition,
    at: &Registration,
    known: bool,
) -> Result<Registered> {
    if known {
        match client.update(definition, at).await {
            Err(error) if error.is_code("ERROR_ACTIVITY_NOT_FOUND") => {}
            result => return result.map(|()| Registered::Updated),
        }
    }
    match client.add(definition, at).await {
        Err(error) if error.is_code("ERROR_ACTIVITY_ALREADY_INSTALLED") && !known => {
            let result = client.update(definition, at).await;
            result
                .map(|()| Registered::Updated)
                .map_err(|error| other_kind(definition, error))
        }
        result => result.map(|()| Registered::Added),
    }
}

/// The code is taken, but not by one of this kind.
fn other_kind(definition: &Definition, error: Error) -> Error {
    if !error.is_code("ERROR_ACTIVITY_NOT_FOUND") {
        return error;
    }
    let other = match definition.kind() {
        RobotKind::Robot => "an activity",
        RobotKind::Activity => "a robot",
    };
    error.context(format_args!(
        "the application has {other} with this code, and robots and activities share their codes; \
         delete it or choose another code"
    ))
}
