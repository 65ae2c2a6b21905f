//! What a check of a definition looks at, and what it finds.

use crate::rules::php::{Array, Value};
use crate::rules::registration::kind::Kind;
use crate::rules::settings::Settings;

/// Something that will go wrong later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The parameter, or the property by its id.
    pub(crate) place: String,
    /// The consequence.
    pub(crate) text: String,
}

impl Finding {
    pub(crate) fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            text: text.into(),
        }
    }
}

pub(crate) struct Definition<'a> {
    pub(crate) kind: Kind,
    pub(crate) fields: &'a Array,
    pub(crate) inputs: Array,
    pub(crate) outputs: Array,
    pub(crate) settings: &'a Settings,
}

impl Definition<'_> {
    /// The module of the documents it is for, whose types it may use.
    pub(crate) fn module(&self) -> String {
        let document_type = self.fields.get("DOCUMENT_TYPE");
        let module = document_type
            .and_then(Value::as_array)
            .and_then(|triple| triple.at(0));
        module.map_or_else(|| "crm".to_owned(), Value::to_text)
    }
}
