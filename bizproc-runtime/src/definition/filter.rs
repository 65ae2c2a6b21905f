//! Filters: the documents and editions that a robot is offered for.

use serde_json::{Map, Value};

use super::DocumentType;

/// The documents and editions that a robot is offered for (`FILTER`).
///
/// It hides the robot in forms; it is no permission check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// The robot is offered only where one of these rules matches; everywhere if there are none.
    pub include: &'static [FilterRule],
    /// The robot is hidden where one of these rules matches.
    pub exclude: &'static [FilterRule],
}

/// One rule of a [`Filter`].
///
/// ```
/// use bizproc_runtime::definition::{DocumentType, FilterRule};
///
/// const RULES: &[FilterRule] = &[
///     FilterRule::prefix(&["crm", "CCrmDocumentLead"]), // leads
///     FilterRule::document(DocumentType::DEAL),         // deals
///     FilterRule::SELF_HOSTED,                          // every self-hosted portal
/// ];
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterRule(Rule);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Edition(&'static str),
    Prefix(&'static [&'static str]),
    Document(DocumentType),
}

impl Filter {
    /// No rules: the robot is offered everywhere.
    pub const EVERYWHERE: Self = Self {
        include: &[],
        exclude: &[],
    };

    pub(super) fn to_json(self) -> Option<Value> {
        let map: Map<_, _> = [("INCLUDE", self.include), ("EXCLUDE", self.exclude)]
            .into_iter()
            .filter(|(_, rules)| !rules.is_empty())
            .map(|(key, rules)| {
                (
                    key.to_owned(),
                    rules.iter().map(|rule| rule.to_json()).collect(),
                )
            })
            .collect();
        (!map.is_empty()).then_some(Value::Object(map))
    }
}

impl FilterRule {
    /// All portals in the cloud.
    pub const CLOUD: Self = Self(Rule::Edition("b24"));
    /// All self-hosted portals.
    pub const SELF_HOSTED: Self = Self(Rule::Edition("box"));

    /// Documents with this module, or this module and entity, or this module, entity and type: one to
    /// three texts.
    #[must_use]
    pub const fn prefix(parts: &'static [&'static str]) -> Self {
        Self(Rule::Prefix(parts))
    }

    /// Documents of this type.
    #[must_use]
    pub const fn document(document_type: DocumentType) -> Self {
        Self(Rule::Document(document_type))
    }

    fn to_json(self) -> Value {
        match self.0 {
            Rule::Edition(edition) => Value::from(edition),
            Rule::Prefix(parts) => parts.iter().copied().collect(),
            Rule::Document(document_type) => document_type.to_json(),
        }
    }
}
