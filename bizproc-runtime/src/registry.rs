//! Brings a portal's registrations in line with what the program declares.

use crate::definition::{Definition, Registration, RobotKind};
use crate::error::{Error, ErrorKind, Result};
use crate::rest::Client;

/// The result of registering one definition.
#[derive(Debug)]
pub struct Registered {
    /// The robot's code.
    pub code: &'static str,
    /// The change on the portal, or why there is none.
    pub result: Result<Change>,
}

/// A change of one registration on a portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The portal did not have it.
    Added,
    /// The portal had it; it was replaced as a whole.
    Updated,
}

/// Registers every definition: those that the portal lists are updated, the others are added.
/// Nothing is removed. Repeating it is harmless; portals need it after each update of an
/// application, which may delete the registrations.
///
/// The definitions are registered one by one, and a failure does not stop the others. A portal
/// without workflows, for example, has robots but no activities.
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
    register_listed(client, definitions, at, None).await
}

/// The same, when the caller has listed the robots that the portal has; activities are listed here.
pub(crate) async fn register_listed(
    client: &Client,
    definitions: &[Definition],
    at: &Registration,
    mut robots: Option<Vec<String>>,
) -> Vec<Registered> {
    let mut done = Vec::new();
    for kind in [RobotKind::Robot, RobotKind::Activity] {
        let of_kind: Vec<_> = definitions
            .iter()
            .filter(|definition| definition.kind() == kind)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        let listed = match kind {
            RobotKind::Robot => robots.take(),
            RobotKind::Activity => None,
        };
        // Without a list each is added, and falls back to an update.
        let present = match listed {
            Some(listed) => listed,
            None => client.robot_list(kind).await.unwrap_or_default(),
        };
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

/// Another program may add or remove between the list and the call: then each falls back to the
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

/// Two adds at the same moment end with the second code.
fn was_there(error: &Error) -> bool {
    error.has_code("ERROR_ACTIVITY_ALREADY_INSTALLED")
        || error.has_code("ERROR_ACTIVITY_ADD_FAILURE")
}

/// The code belongs to a definition of the other kind.
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
