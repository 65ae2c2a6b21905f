//! The people of a portal.

use std::collections::HashSet;

use crate::rules::php::{Array, Value};

/// The one administrator, who also installs; every other user is an ordinary one.
pub(crate) const ADMINISTRATOR: u64 = 1;

/// The rights that users lack. Every number above zero is a user.
#[derive(Debug, Default)]
pub(crate) struct Users {
    dismissed: HashSet<u64>,
    /// Applications and the users who have no access to them.
    without_access: HashSet<(String, u64)>,
}

impl Users {
    pub(crate) fn dismiss(&mut self, user_id: u64) {
        self.dismissed.insert(user_id);
    }

    pub(crate) fn is_dismissed(&self, user_id: u64) -> bool {
        self.dismissed.contains(&user_id)
    }

    pub(crate) fn revoke_access(&mut self, client_id: &str, user_id: u64) {
        self.without_access.insert((client_id.to_owned(), user_id));
    }

    pub(crate) fn has_no_access(&self, client_id: &str, user_id: u64) -> bool {
        self.without_access
            .contains(&(client_id.to_owned(), user_id))
    }
}

/// A user with a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) position: &'static str,
}

impl Person {
    const fn new(
        id: u64,
        first_name: &'static str,
        last_name: &'static str,
        position: &'static str,
    ) -> Self {
        Self {
            id,
            first_name,
            last_name,
            position,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// The users that the page offers; the first is the administrator.
pub(crate) const PEOPLE: [Person; 5] = [
    Person::new(ADMINISTRATOR, "Anna", "Administrator", "Administrator"),
    Person::new(2, "Boris", "Sales", "Head of sales"),
    Person::new(3, "Clara", "Support", "Support"),
    Person::new(4, "David", "Accounts", "Accountant"),
    Person::new(5, "Eva", "Law", "Lawyer"),
];

/// First name, last name and position.
fn facts(user_id: u64) -> (&'static str, String, &'static str) {
    let known = PEOPLE.iter().find(|person| person.id == user_id);
    known.map_or_else(
        || ("User", user_id.to_string(), ""),
        |person| {
            (
                person.first_name,
                person.last_name.to_owned(),
                person.position,
            )
        },
    )
}

/// Returns a user as `profile` shows it to everyone.
pub(crate) fn profile(user_id: u64, time_zone_offset: i32) -> Array {
    let (first, last, _) = facts(user_id);
    [
        ("ID", Value::from(user_id.to_string())),
        ("ADMIN", (user_id == ADMINISTRATOR).into()),
        ("NAME", first.into()),
        ("LAST_NAME", last.into()),
        ("PERSONAL_GENDER", "".into()),
        ("TIME_ZONE", "".into()),
        ("TIME_ZONE_OFFSET", i64::from(time_zone_offset).into()),
    ]
    .into_iter()
    .collect()
}

/// Returns a user as `user.current` shows it.
pub(crate) fn card(user_id: u64) -> Array {
    let (first, last, position) = facts(user_id);
    [
        ("ID", Value::from(user_id.to_string())),
        ("ACTIVE", true.into()),
        ("EMAIL", format!("user{user_id}@portal.example").into()),
        ("NAME", first.into()),
        ("LAST_NAME", last.into()),
        ("SECOND_NAME", "".into()),
        ("WORK_POSITION", position.into()),
        ("USER_TYPE", "employee".into()),
    ]
    .into_iter()
    .collect()
}
