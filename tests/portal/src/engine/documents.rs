//! Changing documents.

use crate::model::document::DocumentId;
use crate::model::history::Event;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::Value;

impl Shared {
    /// Sets fields of a document; `false` if there is none.
    pub(crate) fn set_fields(
        &self,
        state: &mut State,
        id: &DocumentId,
        fields: Vec<(String, Value)>,
    ) -> bool {
        let Some(document) = state.documents.get_mut(id) else {
            return false;
        };
        let mut changed = serde_json::Map::new();
        for (field, value) in fields {
            changed.insert(field.clone(), value.to_json());
            document.set(&field, value);
        }
        self.record(
            state,
            Event::DocumentChanged {
                document_id: id.clone(),
                fields: changed.into(),
            },
        );
        true
    }

    /// Deletes a document; `false` if there is none.
    pub(crate) fn delete_document(&self, state: &mut State, id: &DocumentId) -> bool {
        let is_deleted = state.documents.remove(id).is_some();
        if is_deleted {
            let document_id = id.clone();
            self.record(state, Event::DocumentDeleted { document_id });
        }
        is_deleted
    }
}
