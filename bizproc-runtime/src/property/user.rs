//! `user`.

use std::fmt;

use super::{Culture, InputValue, Property, Value, ValueError};
use crate::definition::PropertyType;

/// A user, or a role or group that the template's author chose in place of a user.
///
/// The portal does not resolve roles and groups: `responsible_head` is received as that text.
///
/// ```
/// use bizproc_runtime::UserRef;
///
/// assert_eq!("user_7".parse(), Ok(UserRef::User(7)));
/// assert_eq!("group_hr12".parse(), Ok(UserRef::Group("group_hr12".to_owned())));
/// assert_eq!(UserRef::User(7).to_string(), "user_7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserRef {
    /// The number of a user.
    User(u64),
    /// A role, department or group, as the portal names it: `author`, `group_d5`, `3`.
    Group(String),
}

impl UserRef {
    /// The number of the user; `None` for a role or a group.
    #[must_use]
    pub fn user_id(&self) -> Option<u64> {
        match self {
            Self::User(id) => Some(*id),
            Self::Group(_) => None,
        }
    }
}

impl std::str::FromStr for UserRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = text.strip_prefix("user_").and_then(|id| id.parse().ok());
        Ok(id.map_or_else(|| Self::Group(text.to_owned()), Self::User))
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "user_{id}"),
            Self::Group(group) => formatter.write_str(group),
        }
    }
}

impl Property for UserRef {
    const TYPE: PropertyType = PropertyType::User;

    fn decode(input: InputValue<'_>) -> Result<Self, ValueError> {
        let Ok(user) = input.text()?.trim().parse();
        Ok(user)
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.to_string())
    }
}
