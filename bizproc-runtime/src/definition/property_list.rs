//! Lists of properties.

use super::PropertySpec;

/// The properties or the return values of a robot, in order, including those of flattened groups.
///
/// ```
/// use bizproc_runtime::definition::{PropertyList, PropertySpec, PropertyType};
///
/// const ADDRESS: PropertyList = PropertyList::new(&[
///     PropertySpec::new("street", PropertyType::String),
///     PropertySpec::new("city", PropertyType::String),
/// ]);
/// const ALL: PropertyList = PropertyList::concat(&[
///     PropertyList::new(&[PropertySpec::new("name", PropertyType::String)]),
///     ADDRESS,
/// ]);
/// let ids = ALL.iter().map(|property| property.id).collect::<Vec<_>>();
/// assert_eq!(ids, ["name", "street", "city"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyList(Part);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The properties of one struct, or a run of them.
    Own(&'static [PropertySpec]),
    /// Several lists, one after the other.
    Parts(&'static [PropertyList]),
}

impl PropertyList {
    /// No properties.
    pub const EMPTY: Self = Self::new(&[]);

    /// Creates a list of these properties.
    #[must_use]
    pub const fn new(properties: &'static [PropertySpec]) -> Self {
        Self(Part::Own(properties))
    }

    /// Creates a list of the properties of these lists, one after the other.
    #[must_use]
    pub const fn concat(parts: &'static [Self]) -> Self {
        Self(Part::Parts(parts))
    }

    /// The number of properties.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]
    pub const fn len(&self) -> usize {
        match self.0 {
            Part::Own(properties) => properties.len(),
            Part::Parts(parts) => {
                let mut total = 0;
                let mut part = 0;
                while part < parts.len() {
                    total += parts[part].len();
                    part += 1;
                }
                total
            }
        }
    }

    /// Whether the list is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The property at this index.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]
    pub const fn get(&self, index: usize) -> Option<&'static PropertySpec> {
        match self.0 {
            Part::Own(properties) if index < properties.len() => Some(&properties[index]),
            Part::Own(_) => None,
            Part::Parts(parts) => {
                let mut before = 0;
                let mut part = 0;
                while part < parts.len() {
                    let length = parts[part].len();
                    if index < before + length {
                        return parts[part].get(index - before);
                    }
                    before += length;
                    part += 1;
                }
                None
            }
        }
    }

    /// Iterates over the properties.
    pub fn iter(self) -> impl Iterator<Item = &'static PropertySpec> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}
