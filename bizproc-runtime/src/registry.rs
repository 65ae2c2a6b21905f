//! Brings a portal's registrations in line with what the program declares.

use crate::definition::{Definition, Registration, RobotKind};
use crate::error::{Error, ErrorKind, Result};
use crate::rest::Client;

/// What became of one definition.
#[derive(Debug)]
pub struct Registered {
    /// The robot's code.
    pub code: &'static str,
    /// What was done, or why it could not be.
    pub result: Result<Change>,
}

/// What was done for one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The portal did not have it.
    Added,
    /// The portal had it; it was replaced as a whole.
    Updated,
}

/// Registers every definition: what the portal lists is updated, the rest is added. Nothing is
/// removed. Repeating it is harmless; portals need it after each update of an application, which
/// may wipe the registrations.
///
/// The definitions are tried one by one: one that fails does not keep the others from the portal.
/// A portal without workflows, for one, has robots but no activities.
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
/// let at = Registration::new("https://app.example/b24").user_id(1);
/// for registered in register(&client, &[Ping::DEFINITION], &at).await {
///     println!("{}: {:?}", registered.code, registered.result?);
/// }
/// # Ok(())
/// # }
/// ```
pub async fn register(
    client: &Client,
    definitions: &[Definition],
    at: &Registration,
) -> Vec<Registered> {
    let mut done = Vec::new();
    for kind in [RobotKind::Robot, RobotKind::Activity] {
        let of_kind = definitions
            .iter()
            .filter(|definition| definition.kind() == kind);
        let of_kind = of_kind.collect::<Vec<_>>();
        if of_kind.is_empty() {
            continue;
        }
        // Without a list each is added, and falls back to an update.
        let present = client.robot_list(kind).await.unwrap_or_default();
        for definition in of_kind {
            let known = present.iter().any(|code| code == definition.code());
            let result = register_one(client, definition, at, known).await;
            done.push(Registered {
                code: definition.code(),
                result,
            });
        }
    }
    done
}

/// Somebody else may add or remove between the list and the call: each then falls back to the
/// other.
async fn register_one(
    client: &Client,
    definition: &Definition,
    at: &Registration,
    known: bool,
) -> Result<Change> {
    if known {
        match client.robot_update(definition, at).await {
            Err(error) if error.has_code("ERROR_ACTIVITY_NOT_FOUND") => {}
            result => return result.map(|()| Change::Updated),
        }
    }
    match client.robot_add(definition, at).await {
        Err(error) if was_there(&error) && !known => {
            let result = client.robot_update(definition, at).await;
            result
                .map(|()| Change::Updated)
                .map_err(|error| other_kind(definition, error))
        }
        result => result.map(|()| Change::Added),
    }
}

/// The second code is what two adds at the same moment end with.
fn was_there(error: &Error) -> bool {
    error.has_code("ERROR_ACTIVITY_ALREADY_INSTALLED")
        || error.has_code("ERROR_ACTIVITY_ADD_FAILURE")
}

/// The code is taken, but not by one of this kind.
fn other_kind(definition: &Definition, error: Error) -> Error {
    if !error.has_code("ERROR_ACTIVITY_NOT_FOUND") {
        return error;
    }
    let other = match definition.kind() {
        RobotKind::Robot => "an activity",
        RobotKind::Activity => "a robot",
    };
    let code = definition.code();
    Error::new(
        ErrorKind::Rejected,
        format!(
            "the application has {other} with the code `{code}`, and robots and activities share \
             their codes; delete it, or choose another code"
        ),
    )
    .with_source(error)
}
