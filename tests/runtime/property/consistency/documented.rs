//! The table of types in the documentation of `bizproc_runtime::property`.

use std::collections::BTreeSet;

const SOURCE: &str = include_str!("../../../../bizproc-runtime/src/property/mod.rs");

/// What a dash stands for in `i8`…`i64`.
const WHOLE: &[&str] = &["i8", "i16", "i32", "i64", "u8", "u16", "u32"];

/// Shapes of the other types, not types of their own.
const SHAPES: &[&str] = &["Option", "Vec"];

/// Each type's last name with its property type.
pub(crate) fn documented() -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    let rows = SOURCE
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "));
    for row in rows.skip(1) {
        let mut cells = row.split(" | ");
        let Some(rust) = cells.next() else { continue };
        let Some(name) = cells.next() else { continue };
        let types = types_in(rust);
        if types.iter().any(|name| SHAPES.contains(&&**name)) {
            continue;
        }
        let property_type = name.trim_matches('`');
        all.extend(
            types
                .into_iter()
                .map(|rust| (rust, property_type.to_owned())),
        );
    }
    assert!(all.len() > WHOLE.len(), "the table was not found: {all:?}");
    all
}

/// The types of a cell: what stands in backticks, but for attributes.
fn types_in(cell: &str) -> BTreeSet<String> {
    let parts = cell.split('`').collect::<Vec<_>>();
    let mut names = BTreeSet::new();
    for (at, code) in parts.iter().enumerate().skip(1).step_by(2) {
        if code.starts_with('#') {
            continue;
        }
        let name = plain(code);
        let following = (parts.get(at + 1), parts.get(at + 2));
        if let (Some(&"…"), Some(last)) = following {
            let place = |name: &str| WHOLE.iter().position(|known| *known == name);
            let range = place(&name).zip(place(&plain(last)));
            let (first, last) = range.unwrap_or_else(|| panic!("`{code}`…`{last}`"));
            names.extend(WHOLE[first..last].iter().map(|name| (*name).to_owned()));
        }
        names.insert(name);
    }
    names
}

/// `jiff::civil::Date` is `Date`, `Cow<str>` is `Cow`, `NonZero…` is `NonZero`.
fn plain(code: &str) -> String {
    let name = code.split(['<', '…']).next().unwrap_or_default();
    name.rsplit("::").next().unwrap_or_default().to_owned()
}
