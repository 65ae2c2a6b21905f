//! Field names: `STAGE_ID` of workflows and older methods, `stageId` of `crm.item.*`.

use crate::engine::crm::kinds;

/// Names that differ in more than their letters, for records that had names before `crm.item.*`.
const RENAMED: [(&str, &str); 4] = [
    ("DATE_CREATE", "createdTime"),
    ("DATE_MODIFY", "updatedTime"),
    ("CREATED_BY_ID", "createdBy"),
    ("MODIFY_BY_ID", "updatedBy"),
];

/// `STAGE_ID` as `stageId`; the last number of a custom field keeps its line: `UF_CRM_44_172` is
/// `ufCrm44_172`.
pub(crate) fn camel(name: &str, entity_type_id: i64) -> String {
    if let Some((_, camel)) = RENAMED.iter().find(|(upper, _)| *upper == name) {
        return (*camel).to_owned();
    }
    if entity_type_id == kinds::LEAD && name == "STATUS_ID" {
        return "stageId".to_owned();
    }
    let words: Vec<&str> = name.split('_').collect();
    let is_custom = name.starts_with("UF_");
    let mut camel = String::new();
    for (place, word) in words.iter().enumerate() {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        if is_custom && is_number && place + 1 == words.len() {
            camel.push('_');
        }
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            camel.push(if place == 0 {
                first.to_ascii_lowercase()
            } else {
                first.to_ascii_uppercase()
            });
        }
        camel.extend(letters.map(|letter| letter.to_ascii_lowercase()));
    }
    camel
}

/// `stageId` as `STAGE_ID`; a name in upper case stays.
pub(crate) fn upper(name: &str, entity_type_id: i64) -> String {
    if let Some((upper, _)) = RENAMED.iter().find(|(_, camel)| *camel == name) {
        return (*upper).to_owned();
    }
    if entity_type_id == kinds::LEAD && name == "stageId" {
        return "STATUS_ID".to_owned();
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let mut upper = String::new();
    let mut before = None;
    for letter in name.chars() {
        let begins_word = match before {
            None | Some('_') => false,
            Some(before) => {
                letter.is_ascii_uppercase() || (letter.is_ascii_digit() && !before.is_ascii_digit())
            }
        };
        if begins_word {
            upper.push('_');
        }
        upper.push(letter.to_ascii_uppercase());
        before = Some(letter);
    }
    upper
}

#[cfg(test)]
mod tests {
    use super::{camel, upper};

    #[test]
    fn names_go_both_ways() {
        for (one, other) in [
            ("ID", "id"),
            ("TITLE", "title"),
            ("STAGE_ID", "stageId"),
            ("IS_MANUAL_OPPORTUNITY", "isManualOpportunity"),
            ("PARENT_ID_147", "parentId147"),
            ("UF_CRM_1721244482250", "ufCrm_1721244482250"),
            ("UF_CRM_44_1721812760630", "ufCrm44_1721812760630"),
            ("UF_CRM_HASH", "ufCrmHash"),
            ("DATE_CREATE", "createdTime"),
        ] {
            assert_eq!(
                (camel(one, 2), upper(other, 2)),
                (other.to_owned(), one.to_owned())
            );
        }
        assert_eq!(camel("STATUS_ID", 1), "stageId");
        assert_eq!(upper("stageId", 1), "STATUS_ID");
        assert_eq!(upper("UF_CRM_1", 2), "UF_CRM_1");
    }
}
