//! Saving a robot or activity in a template, as its author does.

use serde_json::Value as Json;

use crate::model::state::State;
use crate::model::workflow::rest_activity::{Mode, RestActivity, Stored};
use crate::rules::error::Error;
use crate::rules::php::{Array, Value};
use crate::rules::registration::kind::Kind;
use crate::rules::{random, values};

/// The default status of a workflow whose activity waits.
const WAITING_STATUS: &str = "Waiting for application response";

impl RestActivity {
    /// Returns what the template stores of the step.
    ///
    /// # Errors
    ///
    /// [`Error::Inputs`], [`Error::NotRegistered`] for a code that no author can have placed,
    /// [`Error::NoTimeout`].
    pub(crate) fn save(&self, state: &State) -> Result<Stored, Error> {
        let mut inputs = stored(&self.inputs)?;
        let client_id = self
            .client_id
            .as_deref()
            .or_else(|| state.registry.application_of(&self.code))
            .filter(|client_id| state.registry.has_known(client_id, &self.code))
            .ok_or_else(|| state.not_registered(&self.code))?;
        let registration = state.registry.get(client_id, &self.code);
        if let Some(registration) = registration.filter(|_| self.is_saved) {
            let registered = registration.properties("PROPERTIES");
            for (key, default) in values::defaults(&registered) {
                if inputs.get(&key.to_text()).is_none() {
                    inputs.insert(key, default);
                }
            }
        }
        let mode = registration
            .filter(|_| self.is_saved)
            .map_or(Mode::Registered, |registration| {
                Mode::Saved(self.mode(registration))
            });
        let is_activity = registration.is_some_and(|known| known.kind == Kind::Activity);
        if let Mode::Saved(mode) = &mode
            && self.timeout > 0
            && !(is_activity && mode.as_deref() == Some("Y"))
        {
            return Err(Error::NoTimeout {
                code: self.code.clone(),
            });
        }
        let status = self
            .sets_status
            .unwrap_or(is_activity && self.is_saved)
            .then(|| self.status.as_deref().unwrap_or(WAITING_STATUS).to_owned());
        Ok(Stored {
            name: self.name.clone().unwrap_or_else(random::activity_name),
            client_id: client_id.to_owned(),
            code: self.code.clone(),
            inputs,
            run_as: self.run_as,
            timeout: self.timeout,
            typed_timeout: self.typed.clone(),
            status,
            mode,
        })
    }
}

/// Reads the inputs that a step stores; PHP writes an empty object as an empty list.
pub(crate) fn stored(inputs: &Json) -> Result<Array, Error> {
    match (inputs, Value::from(inputs.clone())) {
        (Json::Array(list), _) if !list.is_empty() => Err(Error::Inputs(inputs.clone())),
        (_, Value::Array(stored)) => Ok(stored),
        (_, Value::Null) => Ok(Array::new()),
        _ => Err(Error::Inputs(inputs.clone())),
    }
}
