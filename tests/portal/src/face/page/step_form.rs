//! What an author posts from a step's dialog.

use crate::face::control::input::Input;
use crate::face::control::refusal::Refusal;
use crate::face::control::step_run::StepRun;
use crate::face::page::document_form::DocumentForm;
use crate::face::page::placement;
use crate::face::page::saved_steps::SavedStep;
use crate::model::registry::Registration;
use crate::rules::dialog::{Complaint, Form, Property};
use crate::rules::php::Value;
use crate::rules::registration::kind::Kind;
use crate::rules::settings::Settings;

/// A posted dialog.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) step: SavedStep,
    pub(crate) complaints: Vec<Complaint>,
    /// What is wrong with the rest of the dialog.
    pub(crate) error: Option<String>,
}

impl Posted {
    pub(crate) fn read(
        input: &Input,
        row: &Registration,
        properties: &[Property],
        settings: &Settings,
    ) -> Self {
        let fields = input.fields();
        let form = if placement::replaces_controls(row, settings) {
            Form::of_placement(fields, properties, settings)
        } else {
            Form::read(fields, properties, settings)
        };
        let run_as = input.number("run_as");
        let document = DocumentForm::read(fields);
        let wrong_user = run_as.as_ref().err().map(|refusal| refusal.text.clone());
        let wrong_document = document.document().err().map(str::to_owned);
        let unit = input.text("timeout_unit").unwrap_or_default();
        Self {
            step: SavedStep {
                values: Some(form.values),
                document,
                run_as: run_as.unwrap_or_default(),
                wait: input.text("wait").as_deref() != Some("N"),
                timeout: (input.text("timeout").unwrap_or_default(), unit),
                status: status(input, row.kind),
            },
            complaints: form.complaints,
            error: wrong_document.or(wrong_user),
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.complaints.is_empty() && self.error.is_none()
    }
}

/// The status while the step waits; only an activity's author can set one.
fn status(input: &Input, kind: Kind) -> Option<String> {
    let is_set = kind == Kind::Activity && input.text("set_status").as_deref() != Some("N");
    is_set.then(|| input.text("status").unwrap_or_default())
}

/// Whether the step waits, as it was registered or as its author chose.
pub(crate) fn waits(row: &Registration, step: &SavedStep) -> bool {
    match (row.text("USE_SUBSCRIPTION").as_str(), row.kind) {
        ("", Kind::Activity) => step.wait,
        (registered, _) => registered == "Y",
    }
}

/// A run of the step as it is saved.
pub(crate) fn run(row: &Registration, step: &SavedStep) -> Result<StepRun, Refusal> {
    let has_timeout = row.kind == Kind::Activity && waits(row, step) && !step.timeout.0.is_empty();
    let inputs = step.values.clone().unwrap_or_default();
    Ok(StepRun {
        code: row.code.clone(),
        client_id: Some(row.client_id.clone()),
        inputs: Value::Array(inputs).to_json(),
        document: step.document.document().map_err(Refusal::bad)?,
        owner: step.run_as,
        wait: step.wait,
        timeout: has_timeout.then(|| step.timeout.clone()),
        status: match (row.kind, step.status.as_deref()) {
            // *Set status message* is off: the workflow has no status text.
            (Kind::Activity, None) if step.values.is_some() => Some(String::new()),
            // No text is the default one.
            (_, text) => text.filter(|text| !text.is_empty()).map(str::to_owned),
        },
    })
}
