/// Roles that name a user: the stored text and its title.
pub(crate) const ROLES: [(&str, &str); 4] = [
    ("author", "Author of the document"),
    ("responsible_head", "Head of the person responsible"),
    ("group_d1", "Department: sales"),
    ("group_hr1", "Department with its branches: company"),
];
