//! Filter, order and page of the lists of records.

use crate::engine::crm::events::By;
use crate::model::document::{Document, DocumentId};
use crate::rules::php::{Array, Value};
use crate::wire::rest::list;
use crate::wire::rest::list::Comparison;
use crate::wire::rest::method::Context;

/// The comparisons, the longer ones first.
const PREFIXES: &[(&str, Comparison)] = &[
    ("!=", Comparison::IsNot),
    ("!@", Comparison::IsNot),
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!", Comparison::IsNot),
    ("@", Comparison::Is),
    ("=", Comparison::Is),
    (">", Comparison::More),
    ("<", Comparison::Less),
    ("%", Comparison::Contains),
];

/// Returns the ids of the records that pass `filter`, sorted by `order`; `upper` returns the stored
/// name of a field.
pub(crate) fn run<'a>(
    records: impl Iterator<Item = &'a Document>,
    params: &Array,
    upper: impl Fn(&str) -> String,
) -> Vec<DocumentId> {
    let param = |name: &str| {
        params
            .get(name)
            .or_else(|| params.get(&name.to_uppercase()))
    };
    let filter: Vec<(Comparison, String, Value)> = param("filter")
        .and_then(Value::as_array)
        .into_iter()
        .flat_map(Array::iter)
        .map(|(name, wanted)| {
            let key = name.to_text();
            let (comparison, field) = list::comparison(&key, PREFIXES);
            (comparison, upper(field), wanted.clone())
        })
        .collect();
    let field = |record: &Document, name: &str| record.get(name).cloned().unwrap_or_default();
    let passes = |record: &&Document| {
        filter
            .iter()
            .all(|(comparison, name, wanted)| comparison.holds(&field(record, name), wanted))
    };
    let mut found: Vec<&Document> = records.filter(passes).collect();
    let mut order = list::order(param("order"), |name| Some(upper(name)));
    order.push(("ID".to_owned(), false));
    list::sort(&mut found, &order, |record, name| field(record, name));
    found
        .into_iter()
        .map(|record| record.key().clone())
        .collect()
}

/// Returns the caller of a method as the author of a change.
pub(crate) fn by<'a>(context: &Context<'a>) -> By<'a> {
    By {
        shared: context.shared,
        caller: context.caller,
    }
}
