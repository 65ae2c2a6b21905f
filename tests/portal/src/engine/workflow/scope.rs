//! The values that a workflow's expressions refer to.

use crate::model::document::Document;
use crate::model::registry::Registry;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::model::workflow::instance::Instance;
use crate::model::workflow::program::Instruction;
use crate::rules::php::Value;
use crate::rules::settings::Settings;
use crate::rules::values::{Sources, defaults, evaluate, kind, printed, shown};

/// The fields that the portal itself sets, as ISO 8601.
const DATES: [&str; 2] = ["DATE_CREATE", "DATE_MODIFY"];

/// The values that the expressions of a workflow refer to; the document's fields are the current
/// ones.
pub(crate) struct Scope<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) document: Option<&'a Document>,
    pub(crate) registry: &'a Registry,
    pub(crate) settings: &'a Settings,
}

impl Sources for Scope<'_> {
    fn value(&self, object: &str, field: &str) -> Option<Value> {
        let instance = self.instance;
        match object {
            "Document" => {
                let value = self
                    .document
                    .and_then(|document| document.get(field))
                    .cloned()
                    .unwrap_or_default();
                Some(if DATES.contains(&field) {
                    shown(value, "datetime", self.settings)
                } else {
                    value
                })
            }
            "Template" => instance.parameters.get(field).cloned(),
            "Variable" => instance.variables.get(field).cloned(),
            "Constant" => instance.constants.get(field).cloned(),
            "Workflow" => field
                .eq_ignore_ascii_case("id")
                .then(|| instance.id.as_str().into()),
            "User" => Some(format!("user_{}", instance.started_by).into()),
            name => instance
                .output(name, field)
                .or_else(|| self.default(name, field))
                .map(|value| shown(value, &self.kind_of(name, field), self.settings)),
        }
    }

    fn titled(&self, title: &str) -> Option<Value> {
        let document = self.document?;
        let name = title.to_uppercase();
        document.get(&name)?;
        self.value("Document", &name)
    }
}

impl Scope<'_> {
    /// The type of an output, in lower case; nothing if it is not known.
    fn kind_of(&self, name: &str, field: &str) -> String {
        if let Some(run) = self.instance.runs.get(name) {
            return kind(&run.return_properties, field);
        }
        let known = self
            .instance
            .program
            .iter()
            .find(|(known, _)| *known == name);
        match known {
            Some((_, Instruction::Task(task, _))) => kind(&task.fields, field),
            _ => String::new(),
        }
    }

    /// An output of a step that was not executed yet.
    fn default(&self, name: &str, field: &str) -> Option<Value> {
        let known = self
            .instance
            .program
            .iter()
            .find_map(|(known, step)| match step {
                Instruction::Rest(step) if known == name => Some(step),
                _ => None,
            })?;
        let registration = self.registry.get(&known.client_id, &known.code)?;
        let outputs = defaults(&registration.properties("RETURN_PROPERTIES"));
        outputs.get(field).cloned()
    }

    /// A value with its expressions evaluated, as text.
    pub(crate) fn text(&self, value: &Value) -> String {
        printed(&evaluate(value, self))
    }
}

/// Returns what the expressions of a workflow refer to now.
pub(crate) fn scope<'a>(shared: &'a Shared, state: &'a State, id: &str) -> Option<Scope<'a>> {
    let instance = state.workflows.get(id)?;
    Some(Scope {
        instance,
        document: state.documents.get(&instance.document_id),
        registry: &state.registry,
        settings: &shared.settings,
    })
}
