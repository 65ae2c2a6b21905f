//! `SELECT`, `FILTER` and `ORDER` of the lists of workflows.

use crate::rules::dates;
use crate::rules::php::{Array, Value};
use crate::wire::rest::list;
use crate::wire::rest::list::Comparison;
use crate::wire::rest::method::Context;

/// The comparisons of a filter; `=` and `!=` are not among them, so their fields are unknown.
const PREFIXES: &[(&str, Comparison)] = &[
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("!", Comparison::IsNot),
];

/// What a list can show.
pub(crate) struct Fields {
    pub(crate) all: &'static [&'static str],
    /// The fields whose filters accept dates as a reply spells them.
    pub(crate) dates: &'static [&'static str],
    pub(crate) select: &'static [&'static str],
    /// The order of a list that asks for none, and whether it descends.
    pub(crate) order: (&'static str, bool),
}

impl Fields {
    /// The names that `SELECT` asks for, in any letter case; unknown ones are dropped.
    pub(crate) fn select(&self, params: &Array) -> Vec<&'static str> {
        let asked: Vec<String> = params
            .get("SELECT")
            .and_then(Value::as_array)
            .into_iter()
            .flat_map(Array::values)
            .map(|name| name.to_text().to_uppercase())
            .collect();
        let selected: Vec<&str> = self
            .all
            .iter()
            .filter(|name| asked.iter().any(|one| one == *name))
            .copied()
            .collect();
        if selected.is_empty() {
            self.select.to_vec()
        } else {
            selected
        }
    }

    /// The comparisons of `FILTER`; unknown fields, and names that are not in upper case, are
    /// dropped in silence.
    pub(crate) fn filter(
        &self,
        context: &Context<'_>,
        params: &Array,
    ) -> Vec<(Comparison, &'static str, Value)> {
        let given = params
            .get("FILTER")
            .and_then(Value::as_array)
            .into_iter()
            .flat_map(Array::iter);
        given
            .filter_map(|(name, wanted)| {
                let key = name.to_text();
                let (comparison, name) = list::comparison(&key, PREFIXES);
                let field = self.all.iter().find(|field| **field == name)?;
                let wanted = match wanted {
                    Value::Text(text) if self.dates.contains(field) => {
                        dates::incoming_moment(text, &context.shared.settings).into()
                    }
                    wanted => wanted.clone(),
                };
                Some((comparison, *field, wanted))
            })
            .collect()
    }

    /// The rows that pass, sorted, of the page that was asked for, with the fields that were
    /// selected.
    pub(crate) fn show(
        &self,
        context: &mut Context<'_>,
        params: &Array,
        rows: Vec<Array>,
        start: i64,
    ) -> Value {
        let filter = self.filter(context, params);
        let field = |row: &Array, name: &str| row.get(name).cloned().unwrap_or_default();
        let passes = |row: &Array| {
            filter
                .iter()
                .all(|(comparison, name, wanted)| comparison.holds(&field(row, name), wanted))
        };
        let mut found: Vec<Array> = rows.into_iter().filter(passes).collect();
        let known = |name: &str| {
            let upper = name.to_uppercase();
            self.all.contains(&upper.as_str()).then_some(upper)
        };
        let mut order = list::order(params.get("ORDER"), known);
        if order.is_empty() {
            order.push((self.order.0.to_owned(), self.order.1));
        }
        list::sort(&mut found, &order, field);
        let selected = self.select(params);
        let cut = |row: Array| -> Value {
            selected
                .iter()
                .map(|name| (*name, field(&row, name)))
                .collect::<Array>()
                .into()
        };
        list::page(context, start, found)
            .into_iter()
            .map(cut)
            .collect::<Array>()
            .into()
    }
}
