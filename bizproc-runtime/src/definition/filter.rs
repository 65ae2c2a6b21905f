use serde_json::{Map, Value};

use super::DocumentType;

/// Where a robot is offered (`FILTER`). It hides; it is no permission check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Offered only where one of these holds; everywhere when there is none.
    pub include: &'static [FilterRule],
    /// Hidden where one of these holds.
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
///     FilterRule::SELF_HOSTED,                                  // every self-hosted portal
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
    /// No rules at all.
    pub const EVERYWHERE: Self = Self {
        include: &[],
        exclude: &[],
    };

    pub(super) fn to_json(self) -> Option<Value> {
        let lists = [("INCLUDE", self.include), ("EXCLUDE", self.exclude)];
        let lists = lists.into_iter().filter(|(_, rules)| !rules.is_empty());
        let rules = |rules: &[FilterRule]| rules.iter().map(|rule| rule.to_json()).collect();
        let map = lists.map(|(key, list)| (key.to_owned(), Value::Array(rules(list))));
        let map = map.collect::<Map<_, _>>();
        (!map.is_empty()).then_some(Value::Object(map))
    }
}

impl FilterRule {
    /// Portals in the cloud.
    pub const CLOUD: Self = Self(Rule::Edition("b24"));
    /// Self-hosted portals.
    pub const SELF_HOSTED: Self = Self(Rule::Edition("box"));

    /// Documents whose module, entity and type begin with these one to three texts.
    #[must_use]
    pub const fn prefix(parts: &'static [&'static str]) -> Self {
        Self(Rule::Prefix(parts))
    }

    /// Documents of exactly this type.
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
