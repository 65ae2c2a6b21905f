//! The steps that were saved on the page.

use indexmap::IndexMap;

use crate::face::page::document_form::DocumentForm;
use crate::rules::php::Array;

/// A step as its author saved it.
#[derive(Debug, Clone)]
pub(crate) struct SavedStep {
    /// By property id; `None` until the form is first saved.
    pub(crate) values: Option<Array>,
    pub(crate) document: DocumentForm,
    pub(crate) run_as: Option<u64>,
    pub(crate) wait: bool,
    pub(crate) timeout: (String, String),
    /// The workflow's status while the step waits.
    pub(crate) status: Option<String>,
}

impl Default for SavedStep {
    fn default() -> Self {
        Self {
            values: None,
            document: DocumentForm::default(),
            run_as: None,
            wait: true,
            timeout: (String::new(), "m".to_owned()),
            status: None,
        }
    }
}

/// Everything saved on the page.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    /// By application and code, which link a template's step to its registration.
    steps: IndexMap<(String, String), SavedStep>,
}

impl Saved {
    pub(crate) fn step(&self, client_id: &str, code: &str) -> SavedStep {
        let key = (client_id.to_owned(), code.to_owned());
        self.steps.get(&key).cloned().unwrap_or_default()
    }

    pub(crate) fn save(&mut self, client_id: &str, code: &str, step: SavedStep) {
        self.steps
            .insert((client_id.to_owned(), code.to_owned()), step);
    }
}
