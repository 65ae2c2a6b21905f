//! Finding what the server accepts at registration but breaks later.

use crate::engine::lint::finding::{Definition, Finding};
use crate::engine::lint::{filters, property, step};
use crate::model::registry::Registration;
use crate::rules::settings::Settings;

/// Returns everything found in a definition, in the order of its parameters.
pub(crate) fn findings(registration: &Registration, settings: &Settings) -> Vec<Finding> {
    let definition = Definition {
        kind: registration.kind,
        fields: &registration.fields,
        inputs: registration.properties("PROPERTIES"),
        outputs: registration.properties("RETURN_PROPERTIES"),
        settings,
    };
    let mut found = step::findings(&definition);
    found.extend(property::findings(&definition));
    found.extend(filters::findings(&definition));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::findings;
    use crate::model::registry::Registration;
    use crate::rules::php::Value;
    use crate::rules::registration::kind::Kind;
    use crate::rules::settings::Settings;

    /// The places found in a definition that is correct except for these parameters.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "it is given a fresh `json!` everywhere"
    )]
    fn found(kind: Kind, changes: Json) -> Vec<String> {
        let mut fields = json!({
            "CODE": "a", "HANDLER": "https://app.example/h", "NAME": {"EN": "n"},
            "AUTH_USER_ID": 1, "USE_SUBSCRIPTION": "Y", "USE_PLACEMENT": "N",
        });
        for (name, value) in changes.as_object().unwrap() {
            fields[name] = value.clone();
        }
        let registration = Registration {
            kind,
            client_id: "local.1".to_owned(),
            code: "a".to_owned(),
            fields: Value::from(fields).as_array().unwrap().clone(),
        };
        findings(&registration, &Settings::default())
            .into_iter()
            .map(|finding| finding.place)
            .collect()
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "it is given a fresh `json!` everywhere"
    )]
    fn input(property: Json) -> Vec<String> {
        let mut whole = json!({"NAME": "n"});
        for (name, value) in property.as_object().unwrap() {
            whole[name] = value.clone();
        }
        found(Kind::Robot, json!({"PROPERTIES": {"x": whole}}))
    }

    #[test]
    fn a_sound_definition_has_none() {
        let sound = json!({
            "PROPERTIES": {
                "a": {"NAME": {"EN": "n"}, "TYPE": "String", "REQUIRED": "Y", "DEFAULT": "{=Document:NAME}"},
                "b": {"NAME": {"*": "n"}, "TYPE": "select", "OPTIONS": {"pdf": "PDF"}, "DEFAULT": "pdf"},
                "c": {"NAME": "n", "TYPE": "bool", "DEFAULT": "Y"},
                "d": {"NAME": "n", "TYPE": "UF:money"},
            },
            "RETURN_PROPERTIES": {"out": {"NAME": "n", "TYPE": "string", "MULTIPLE": "N", "DEFAULT": null}},
            "FILTER": {"INCLUDE": [["crm", "CCrmDocumentDeal"]]},
        });
        assert_eq!(found(Kind::Robot, sound), [""; 0]);
    }

    #[test]
    fn a_property_needs_a_type_that_the_form_knows() {
        assert_eq!(input(json!({})), ["x"]);
        assert_eq!(input(json!({"TYPE": "boolean"})), ["x"]);
        assert_eq!(input(json!({"TYPE": "E:ECrm"})), ["x"]);
    }

    #[test]
    fn a_select_needs_options_with_keys() {
        let select = |extra: Json| {
            let mut property = json!({"TYPE": "select"});
            for (name, value) in extra.as_object().unwrap() {
                property[name] = value.clone();
            }
            input(property)
        };
        assert_eq!(select(json!({})), ["x"]);
        assert_eq!(select(json!({"OPTIONS": ["A", "B"]})), ["x"]);
        assert_eq!(select(json!({"OPTIONS": {"a": "A", "5": "B"}})), ["x"]);
        assert_eq!(select(json!({"OPTIONS": {"": "A"}})), ["x"]);
        assert_eq!(
            select(json!({"OPTIONS": {"a": "A"}, "DEFAULT": "A"})),
            ["x"]
        );
        assert_eq!(
            select(json!({"OPTIONS": {"a": "A"}, "MULTIPLE": "Y", "DEFAULT": ["a", "b"]})),
            ["x"]
        );
        assert!(select(json!({"OPTIONS": {"a": "A"}, "DEFAULT": "{=Document:X}"})).is_empty());
    }

    #[test]
    fn defaults_are_taken_as_they_are() {
        assert_eq!(input(json!({"TYPE": "bool", "DEFAULT": true})), ["x"]);
        assert_eq!(input(json!({"TYPE": "bool", "DEFAULT": "yes"})), ["x"]);
        assert_eq!(input(json!({"TYPE": "string", "DEFAULT": "=1+1"})), ["x"]);
        assert_eq!(
            input(json!({"TYPE": "string", "MULTIPLE": "Y", "DEFAULT": ["Document", "TITLE"]})),
            ["x"]
        );
        assert_eq!(input(json!({"TYPE": "user", "DEFAULT": "Author;"})), ["x"]);
        assert_eq!(input(json!({"TYPE": "string", "NAME": {"RU": "r"}})), ["x"]);
    }

    #[test]
    fn ids_are_unique_and_the_platforms_are_its_own() {
        let text = json!({"NAME": "n", "TYPE": "string", "MULTIPLE": "N"});
        let ids = |inputs: &[&str], outputs: &[&str]| {
            let map = |ids: &[&str]| {
                let pairs = ids.iter().map(|id| ((*id).to_owned(), text.clone()));
                Json::Object(pairs.collect())
            };
            found(
                Kind::Activity,
                json!({"PROPERTIES": map(inputs), "RETURN_PROPERTIES": map(outputs)}),
            )
        };
        assert_eq!(ids(&["a", "A"], &[]), ["A"]);
        assert_eq!(ids(&["a"], &["A"]), ["A"]);
        assert_eq!(ids(&["title"], &[]), ["title"]);
        assert_eq!(ids(&[], &["IsTimeout"]), ["IsTimeout"]);
        assert_eq!(ids(&["OPTIONS"], &[]), ["OPTIONS"]);
        assert_eq!(ids(&["token"], &[]), ["token"]);
    }

    #[test]
    fn outputs_can_be_impossible() {
        let output = |property: Json, subscription: &str| {
            found(
                Kind::Robot,
                json!({"USE_SUBSCRIPTION": subscription, "RETURN_PROPERTIES": {"o": property}}),
            )
        };
        let whole = json!({"NAME": "n", "TYPE": "string", "MULTIPLE": "N"});
        assert_eq!(output(whole, "N"), ["RETURN_PROPERTIES"]);
        assert_eq!(output(json!({"NAME": "n", "MULTIPLE": "N"}), "Y"), ["o"]);
        assert_eq!(output(json!({"NAME": "n", "TYPE": "int"}), "Y"), ["o"]);
        let required = json!({"NAME": "n", "TYPE": "int", "MULTIPLE": "N", "REQUIRED": "Y"});
        assert_eq!(output(required, "Y"), ["o"]);
    }

    #[test]
    fn the_step_itself_can_be_wrong() {
        for (changes, place) in [
            (json!({"NAME": {"RU": "r"}}), "NAME"),
            (json!({"AUTH_USER_ID": 0}), "AUTH_USER_ID"),
            (json!({"USE_SUBSCRIPTION": ""}), "USE_SUBSCRIPTION"),
            (json!({"USE_SUBSCRIPTION": "1"}), "USE_SUBSCRIPTION"),
            (json!({"FILTER": {"INCLUDE": []}}), "FILTER"),
            (
                json!({"FILTER": {"INCLUDE": ["crm", "CCrmDocumentDeal"]}}),
                "FILTER",
            ),
            (
                json!({"FILTER": {"EXCLUDE": [["crm"], ["lists"], ["disk"]]}}),
                "FILTER",
            ),
            (json!({"FILTER": {"ONLY": [["crm"]]}}), "FILTER"),
        ] {
            assert_eq!(found(Kind::Robot, changes.clone()), [place], "{changes}");
        }
    }
}
