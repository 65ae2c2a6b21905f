//! The conditions of branches and loops.

use serde_json::Value as Json;

use crate::rules::php;
use crate::rules::php::Value;
use crate::rules::values::{Sources, evaluate, printed};

/// The condition of a branch or a loop; expressions in its values are evaluated each time.
///
/// ```
/// use bizproc_portal::Condition;
///
/// let is_won = Condition::equals("{=Document:STAGE_ID}", "WON");
/// let has_hash = Condition::Filled("{=Md5:outputString}".into());
/// # let _ = (is_won, has_hash);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// Both are equal: as numbers if both are numbers, otherwise as texts; lists as texts joined by
    /// commas.
    Equals(Json, Json),
    /// They are not equal.
    Differs(Json, Json),
    /// It is missing, null, `false`, zero, `""`, `"0"` or an empty list.
    Empty(Json),
    /// It is anything else.
    Filled(Json),
}

impl Condition {
    /// [`Condition::Equals`] of anything that can be JSON.
    pub fn equals(left: impl Into<Json>, right: impl Into<Json>) -> Self {
        Self::Equals(left.into(), right.into())
    }

    /// [`Condition::Differs`] of anything that can be JSON.
    pub fn differs(left: impl Into<Json>, right: impl Into<Json>) -> Self {
        Self::Differs(left.into(), right.into())
    }

    pub(crate) fn holds(&self, sources: &dyn Sources) -> bool {
        let value = |json: &Json| evaluate(&Value::from(json.clone()), sources);
        match self {
            Self::Equals(left, right) => are_alike(&value(left), &value(right)),
            Self::Differs(left, right) => !are_alike(&value(left), &value(right)),
            Self::Empty(json) => !value(json).is_truthy(),
            Self::Filled(json) => value(json).is_truthy(),
        }
    }
}

fn are_alike(left: &Value, right: &Value) -> bool {
    let left = printed(left);
    let right = printed(right);
    match (php::numeric(&left), php::numeric(&right)) {
        (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
        _ => left == right,
    }
}
