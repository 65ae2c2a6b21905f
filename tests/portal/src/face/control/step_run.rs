//! A run that is asked for over HTTP.

use serde_json::{Value as Json, json};

use crate::face::control::input::Input;
use crate::face::control::refusal::Refusal;
use crate::face::site::Site;
use crate::model::document::Document;
use crate::rules::php::Value;

/// A run that is asked for over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct StepRun {
    pub(crate) code: String,
    pub(crate) client_id: Option<String>,
    pub(crate) inputs: Json,
    pub(crate) document: Document,
    pub(crate) owner: Option<u64>,
    pub(crate) wait: bool,
    /// A number and its unit, as an author types them.
    pub(crate) timeout: Option<(String, String)>,
    /// The workflow's status while the step waits.
    pub(crate) status: Option<String>,
}

impl StepRun {
    /// Reads `code`, `client_id`, `inputs`, `document`, `run_as`, `wait`, `timeout` in seconds,
    /// `status`.
    pub(crate) fn read(input: &Input) -> Result<Self, Refusal> {
        Ok(Self {
            code: input.needed("code")?,
            client_id: input.text("client_id"),
            inputs: inputs(input)?,
            document: document(input.value("document"))?,
            owner: input.number("run_as")?,
            wait: input.text("wait").is_none() || input.is_on("wait"),
            timeout: input.text("timeout").map(|value| (value, "s".to_owned())),
            status: input.text("status"),
        })
    }

    /// Starts it and returns the workflow's id.
    pub(crate) fn start(self, site: &Site) -> Result<String, Refusal> {
        let portal = site.portal()?;
        let mut run = portal
            .run(&self.code, self.inputs)
            .document(self.document)
            .wait_for_response(self.wait);
        if let Some(client_id) = &self.client_id {
            run = run.of_client(client_id);
        }
        if let Some(owner) = self.owner {
            run = run.run_as(owner);
        }
        if let Some((value, unit)) = &self.timeout {
            run = run.timeout_as_typed(value, unit);
        }
        if let Some(status) = &self.status {
            run = run.status_message(status);
        }
        Ok(run.start()?.id().to_owned())
    }
}

/// Reads an object, or the text of one, as a form has it.
fn inputs(input: &Input) -> Result<Json, Refusal> {
    match input.value("inputs") {
        None => Ok(json!({})),
        Some(Value::Text(text)) => serde_json::from_str(text)
            .map_err(|error| Refusal::bad(format!("`inputs` is not JSON: {error}"))),
        Some(value) => Ok(value.to_json()),
    }
}

/// `{id: [module, entity, id], type: [module, entity, type], fields: {…}}`; a deal without it.
fn document(value: Option<&Value>) -> Result<Document, Refusal> {
    let Some(value) = value else {
        return Ok(Document::default());
    };
    let bad = || {
        Refusal::bad(
            "`document` is {id: [module, entity, id], type: [module, entity, type], fields: {…}}",
        )
    };
    let array = value.as_array().ok_or_else(bad)?;
    let triple = |name: &str| {
        let triple = array.get(name)?.as_array()?;
        let part = |index| triple.at(index).map(Value::to_text);
        Some([part(0)?, part(1)?, part(2)?])
    };
    let id = triple("id").ok_or_else(bad)?;
    let kind = triple("type").ok_or_else(bad)?;
    let document = Document::new(
        id.each_ref().map(String::as_str),
        kind.each_ref().map(String::as_str),
    );
    let fields = array
        .get("fields")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
        .into_iter();
    Ok(fields.fold(document, |document, (name, value)| {
        document.field(&name.to_text(), value.to_json())
    }))
}
