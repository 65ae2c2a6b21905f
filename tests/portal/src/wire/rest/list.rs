//! What lists have in common: filters, orders, pages.

use std::cmp::Ordering;

use crate::rules::php;
use crate::rules::php::{Array, Value};
use crate::rules::values::printed;
use crate::wire::rest::envelope::Page;
use crate::wire::rest::method::Context;

/// How many rows a page has.
const PAGE: usize = 50;

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Equal; to one of them, if it is a list.
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
    Contains,
}

impl Comparison {
    pub(crate) fn holds(self, value: &Value, wanted: &Value) -> bool {
        let is = || match wanted {
            Value::Array(any) => any.values().any(|one| compare(value, one).is_eq()),
            one => compare(value, one).is_eq(),
        };
        match self {
            Self::Is => is(),
            Self::IsNot => !is(),
            Self::Less => compare(value, wanted).is_lt(),
            Self::AtMost => compare(value, wanted).is_le(),
            Self::More => compare(value, wanted).is_gt(),
            Self::AtLeast => compare(value, wanted).is_ge(),
            Self::Contains => printed(value)
                .to_lowercase()
                .contains(&printed(wanted).to_lowercase()),
        }
    }
}

/// Compares numbers as numbers, texts as texts, and numbers before texts: a total order, which
/// sorting needs.
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    let left = printed(left);
    let right = printed(right);
    match (php::numeric(&left), php::numeric(&right)) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(&right),
    }
}

/// Takes the comparison off the front of a filter's name.
pub(crate) fn comparison<'a>(
    name: &'a str,
    prefixes: &[(&str, Comparison)],
) -> (Comparison, &'a str) {
    prefixes
        .iter()
        .find_map(|(prefix, comparison)| Some((*comparison, name.strip_prefix(prefix)?)))
        .unwrap_or((Comparison::Is, name))
}

/// Sorts rows by fields; the first counts most.
pub(crate) fn sort<Row>(
    rows: &mut [Row],
    order: &[(String, bool)],
    field: impl Fn(&Row, &str) -> Value,
) {
    rows.sort_by(|left, right| {
        let differences = order.iter().map(|(name, descends)| {
            let ordering = compare(&field(left, name), &field(right, name));
            if *descends {
                ordering.reverse()
            } else {
                ordering
            }
        });
        differences
            .into_iter()
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

/// The fields of an `ORDER` whose names the list knows, and whether they descend.
pub(crate) fn order(
    param: Option<&Value>,
    known: impl Fn(&str) -> Option<String>,
) -> Vec<(String, bool)> {
    let given = param
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::iter);
    given
        .filter_map(|(name, direction)| {
            let descends = direction.to_text().eq_ignore_ascii_case("desc");
            Some((known(&name.to_text())?, descends))
        })
        .collect()
}

/// Returns the requested page; the response says how much there is.
pub(crate) fn page<Row>(context: &mut Context<'_>, start: i64, rows: Vec<Row>) -> Vec<Row> {
    let is_counted = start >= 0;
    let first = usize::try_from(start).unwrap_or_default();
    let total = rows.len();
    let next = first.saturating_add(PAGE);
    context.page = Some(Page {
        total: if is_counted { total } else { 0 },
        next: (is_counted && next < total).then_some(next),
    });
    rows.into_iter().skip(first).take(PAGE).collect()
}
