//! What a method is, and what it is given.

use crate::engine::workflow::in_step_dispatch::InStepDispatch;
use crate::model::caller::Caller;
use crate::model::history::Body;
use crate::model::shared::Shared;
use crate::model::state::State;
use crate::rules::php::{Array, Value};
use crate::rules::rest_error::RestResult;
use crate::rules::settings::{Edition, Settings};
use crate::wire::rest::envelope::Page;

/// The parameter that makes a call a link to a file.
pub(crate) const LINK: &str = "token";

/// Everything a method needs.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) state: &'a mut State,
    /// All methods.
    pub(crate) table: Table,
    pub(crate) caller: &'a Caller,
    /// The request as it came; in a batch, the batch's.
    pub(crate) wire: Wire<'a>,
    /// The parameter `start`: where a list begins, −1 for one that is not counted.
    pub(crate) start: i64,
    /// What a method that returns a part of a list reports about the whole.
    pub(crate) page: Option<Page>,
    /// The step that is still being executed, if the method made a workflow run.
    pub(crate) in_step: Option<InStepDispatch>,
}

/// Executes a method.
pub(crate) type Execute = fn(&mut Context<'_>, Array) -> RestResult;

/// How a method is executed.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// Immediately.
    Alone(Execute),
    /// Command by command.
    Batch,
}

/// What a plan must include for the method to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    /// Workflows.
    Bizproc,
    /// Workflows, or robots of any document.
    Automation,
}

impl Needs {
    fn are_met(self, settings: &Settings) -> bool {
        let has = |name: &str| settings.features.iter().any(|feature| feature == name);
        let robots = [
            "crm_automation_lead",
            "crm_automation_deal",
            "crm_automation_order",
            "tasks_automation",
        ];
        settings.edition == Edition::SelfHosted
            || match self {
                Self::Nothing => true,
                Self::Bizproc => has("bizproc"),
                Self::Automation => has("bizproc") || robots.into_iter().any(has),
            }
    }
}

/// A REST method.
pub(crate) struct Method {
    /// In lower case.
    pub(crate) name: &'static str,
    /// The scope that an application needs; `None` if it needs none.
    pub(crate) scope: Option<&'static str>,
    pub(crate) needs: Needs,
    pub(crate) run: Run,
}

impl Method {
    /// A method of the scope `bizproc`.
    pub(crate) const fn bizproc(name: &'static str, needs: Needs, run: Execute) -> Self {
        Self {
            name,
            scope: Some("bizproc"),
            needs,
            run: Run::Alone(run),
        }
    }

    /// A method of the scope `crm`.
    pub(crate) const fn crm(name: &'static str, run: Execute) -> Self {
        Self {
            name,
            scope: Some("crm"),
            needs: Needs::Nothing,
            run: Run::Alone(run),
        }
    }

    /// A method that needs no scope.
    pub(crate) const fn common(name: &'static str, run: Execute) -> Self {
        Self {
            name,
            scope: None,
            needs: Needs::Nothing,
            run: Run::Alone(run),
        }
    }

    /// Whether the parameters mean this method: a link to a file names a scope before its first
    /// `|`.
    pub(crate) fn is_meant_by(&self, params: &Array) -> bool {
        let link = params.isset(LINK).map(Value::to_text).unwrap_or_default();
        let scope = link.split('|').next().unwrap_or_default();
        link.is_empty() || scope == self.scope.unwrap_or_default()
    }

    pub(crate) fn is_granted(&self, scope: &[String]) -> bool {
        let includes = |granted: &str, needed: &str| {
            granted == needed
                // The wider scopes of users include the narrower ones.
                || matches!(
                    (granted, needed),
                    ("user", "user_basic" | "user_brief") | ("user_basic", "user_brief")
                )
        };
        self.scope
            .is_none_or(|needed| scope.iter().any(|granted| includes(granted, needed)))
    }
}

/// The request as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub(crate) body: &'a Body,
    /// Whether the caller gets the whole response.
    pub(crate) is_response_whole: bool,
}

/// The method by which an application replies.
pub(crate) const REPLY: &str = "bizproc.event.send";

/// The tables of methods.
#[derive(Clone, Copy)]
pub(crate) struct Table(pub(crate) &'static [&'static [Method]]);

impl Table {
    /// The methods that the portal's plan has.
    pub(crate) fn methods(self, settings: &Settings) -> impl Iterator<Item = &'static Method> {
        let tables = self.0.iter().copied().flatten();
        tables.filter(|method| method.needs.are_met(settings))
    }

    /// Finds a method by its name in any letter case.
    pub(crate) fn find(self, settings: &Settings, name: &str) -> Option<&'static Method> {
        // The server also tries the name as it was written, but all names here are in lower case.
        let lower = name.to_lowercase();
        self.methods(settings).find(|method| method.name == lower)
    }
}
