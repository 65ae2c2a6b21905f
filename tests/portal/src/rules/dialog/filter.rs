//! `FILTER`: for which documents a robot is offered. It hides a robot; it is not a permission.

use crate::rules::php::{Array, Value};

/// The version of the interface of activities, which `MIN_API_VERSION` is compared with.
const API_VERSION: i64 = 1;

/// Whether a palette has the robot.
///
/// `document_type` is what the palette is for, if it is for anything; `edition` is `b24` or `box`.
pub(crate) fn shows(
    filter: Option<&Value>,
    document_type: Option<[&str; 3]>,
    edition: &str,
) -> bool {
    let Some(filter) = filter.and_then(Value::as_array) else {
        return true;
    };
    let matches = |name: &str| {
        filter
            .isset(name)
            .map(|rules| any_matches(rules, document_type, edition))
    };
    let is_too_new = filter
        .isset("MIN_API_VERSION")
        .is_some_and(|version| version.to_int() > API_VERSION);
    !is_too_new && matches("INCLUDE") != Some(false) && matches("EXCLUDE") != Some(true)
}

/// A list of rules; a scalar or a map is one rule.
fn any_matches(rules: &Value, document_type: Option<[&str; 3]>, edition: &str) -> bool {
    let matches = |rule: &Value| match rule {
        Value::Array(prefix) => {
            document_type.is_none_or(|document_type| is_prefix(prefix, document_type))
        }
        scalar => scalar.as_text() == Some(edition),
    };
    match rules {
        Value::Array(list) if list.is_list() => list.values().any(matches),
        single => matches(single),
    }
}

/// Compares position by position up to the first one missing in the rule; a rule without a first
/// position matches nothing.
fn is_prefix(rule: &Array, document_type: [&str; 3]) -> bool {
    let given = (0..).map_while(|index| rule.at(index));
    let mut pairs = given.zip(document_type).peekable();
    pairs.peek().is_some() && pairs.all(|(rule, part)| rule.as_text() == Some(part))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::shows;

    const DEAL: [&str; 3] = ["crm", "CCrmDocumentDeal", "DEAL"];

    fn shown(filter: &Json, document_type: Option<[&str; 3]>) -> bool {
        shows(Some(&filter.clone().into()), document_type, "b24")
    }

    #[test]
    fn it_is_offered_for_a_deal_in_the_cloud() {
        assert!(shows(None, Some(DEAL), "b24"));
        for filter in [
            json!({}),
            json!({"INCLUDE": [["crm"]]}),
            json!({"INCLUDE": [["crm", "CCrmDocumentDeal"]]}),
            json!({"INCLUDE": "b24"}),
            json!({"EXCLUDE": ["box"]}),
            json!({"EXCLUDE": []}),
            json!({"INCLUDE": null}),
            json!({"MIN_API_VERSION": 1}),
            json!({"OTHER": [["tasks"]]}),
        ] {
            assert!(shown(&filter, Some(DEAL)), "{filter}");
        }
    }

    #[test]
    fn it_is_hidden_for_a_deal_in_the_cloud() {
        for filter in [
            json!({"INCLUDE": [["crm", "CCrmDocumentLead"]]}),
            json!({"INCLUDE": ["crm", "CCrmDocumentDeal"]}),
            json!({"INCLUDE": [[]]}),
            json!({"INCLUDE": []}),
            json!({"EXCLUDE": [["crm"]]}),
            json!({"INCLUDE": [["crm"]], "EXCLUDE": ["b24"]}),
            json!({"INCLUDE": {"module": "crm"}}),
            json!({"MIN_API_VERSION": "2"}),
        ] {
            assert!(!shown(&filter, Some(DEAL)), "{filter}");
        }
    }

    #[test]
    fn without_a_document_every_rule_of_documents_matches() {
        assert!(shown(&json!({"INCLUDE": [["tasks"]]}), None));
        assert!(shown(&json!({"INCLUDE": [[]]}), None));
        assert!(!shown(&json!({"EXCLUDE": [["tasks"]]}), None));
        assert!(!shown(&json!({"INCLUDE": ["tasks"]}), None));
    }

    #[test]
    fn a_self_hosted_portal_is_another_edition() {
        let only_cloud = json!({"INCLUDE": ["b24"]}).into();
        assert!(!shows(Some(&only_cloud), Some(DEAL), "box"));
    }
}
