/// A user of the portal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) position: &'static str,
}

/// The users whom the page offers; the first is the administrator.
pub(crate) const PEOPLE: [Person; 5] = [
    Person {
        id: 1,
        name: "Anna Administrator",
        position: "Administrator",
    },
    Person {
        id: 2,
        name: "Boris Sales",
        position: "Head of sales",
    },
    Person {
        id: 3,
        name: "Clara Support",
        position: "Support",
    },
    Person {
        id: 4,
        name: "David Accounts",
        position: "Accountant",
    },
    Person {
        id: 5,
        name: "Eva Law",
        position: "Lawyer",
    },
];

/// What names a user without being one: the stored text and what people call it.
pub(crate) const ROLES: [(&str, &str); 4] = [
    ("author", "Author of the document"),
    ("responsible_head", "Head of the responsible"),
    ("group_d1", "Department: sales"),
    ("group_hr1", "Department with its branches: company"),
];
