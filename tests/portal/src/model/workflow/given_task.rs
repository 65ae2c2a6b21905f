//! The tasks that users were given.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::model::document::DocumentId;
use crate::model::workflow::task_kind::{TaskKind, UserStatus};
use crate::rules::php::Array;

/// A task that was given.
#[derive(Debug, Clone)]
pub(crate) struct GivenTask {
    pub(crate) kind: TaskKind,
    pub(crate) activity_name: String,
    pub(crate) workflow_id: String,
    pub(crate) document_id: DocumentId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) fields: Array,
    pub(crate) modified: Timestamp,
    /// Each user and the user's answer.
    pub(crate) users: Vec<(u64, UserStatus)>,
    /// The result.
    pub(crate) status: UserStatus,
}

/// The tasks of a portal by their ids.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    given: BTreeMap<u64, GivenTask>,
    /// The ids by workflow.
    of_workflow: HashMap<String, Vec<u64>>,
    /// Ids are not reused when a killed workflow removes its tasks.
    last: u64,
}

impl Tasks {
    pub(crate) fn give(&mut self, task: GivenTask) -> u64 {
        self.last += 1;
        let of_workflow = self.of_workflow.entry(task.workflow_id.clone());
        of_workflow.or_default().push(self.last);
        self.given.insert(self.last, task);
        self.last
    }

    pub(crate) fn get(&self, id: u64) -> Option<&GivenTask> {
        self.given.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut GivenTask> {
        self.given.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &GivenTask)> {
        self.given.iter().map(|(id, task)| (*id, task))
    }

    /// Removes the open tasks of a workflow that ended.
    pub(crate) fn close(&mut self, workflow_id: &str) {
        let Some(ids) = self.of_workflow.get_mut(workflow_id) else {
            return;
        };
        let given = &mut self.given;
        ids.retain(|id| {
            let task = given.get(id);
            let is_open = task.is_none_or(|task| task.status == UserStatus::Waiting);
            if is_open {
                given.remove(id);
            }
            !is_open
        });
    }

    /// Removes every task of a workflow.
    pub(crate) fn delete(&mut self, workflow_id: &str) {
        for id in self.of_workflow.remove(workflow_id).unwrap_or_default() {
            self.given.remove(&id);
        }
    }
}
