//! The robots of an application, by code.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::handler::AnyRobot;
use crate::app::telemetry::outcome::UNKNOWN_ROBOT;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::printable;

/// The robots of an application, by code.
pub(crate) struct Robots(HashMap<&'static str, Arc<AnyRobot>>);

impl Robots {
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: two robots with one code or one settings page.
    pub(crate) fn new(robots: Vec<AnyRobot>) -> Result<Self> {
        let mut by_code = HashMap::new();
        let mut pages = HashSet::new();
        for robot in robots {
            let code = robot.definition.code();
            if let Some(page) = robot.definition.placement()
                && !pages.insert(page)
            {
                let message = format!(
                    "two robots have the settings page `{page}`, and a portal registers an \
                     address only once; give each its own"
                );
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            if by_code.insert(code, Arc::new(robot)).is_some() {
                let message = format!(
                    "two robots have the code `{code}`; robots and activities of an application \
                     share their codes, and each needs its own"
                );
                return Err(Error::new(ErrorKind::Configuration, message));
            }
        }
        Ok(Self(by_code))
    }

    /// The robot with this code.
    pub(crate) fn get(&self, code: &str) -> Option<&Arc<AnyRobot>> {
        self.0.get(code)
    }

    /// The code as a label: one of the application's, never the portal's text.
    pub(crate) fn label(&self, code: &str) -> &'static str {
        self.get(code)
            .map_or(UNKNOWN_ROBOT, |robot| robot.definition.code())
    }

    /// The codes in alphabetical order.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<_> = self.0.keys().copied().collect();
        codes.sort_unstable();
        codes
    }

    /// The definitions in the order of their codes.
    pub(crate) fn definitions(&self) -> Vec<Definition> {
        let mut definitions: Vec<_> = self.0.values().map(|robot| robot.definition).collect();
        definitions.sort_by_key(Definition::code);
        definitions
    }

    /// Why a call with this code cannot run.
    pub(crate) fn unknown(&self, code: &str) -> Error {
        let code = printable(code);
        let codes = self.codes().join("`, `");
        Error::new(
            ErrorKind::BadRequest,
            format!(
                "the application has no robot `{code}`, only `{codes}`; the call is stored and its \
                 workflow waits: add the robot and retry the call, or end the workflow on the \
                 portal and delete the registration"
            ),
        )
    }
}
