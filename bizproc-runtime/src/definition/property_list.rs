use super::PropertySpec;

/// The properties or the return values of a robot, in order.
///
/// Groups that several robots share stand among them as they were put there.
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
    Own(&'static [PropertySpec]),
    Parts(&'static [PropertyList]),
}

impl PropertyList {
    /// No properties.
    pub const EMPTY: Self = Self::new(&[]);

    /// These properties.
    #[must_use]
    pub const fn new(properties: &'static [PropertySpec]) -> Self {
        Self(Part::Own(properties))
    }

    /// The properties of these lists, one after the other.
    #[must_use]
    pub const fn concat(parts: &'static [Self]) -> Self {
        Self(Part::Parts(parts))
    }

    /// How many properties there are.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]
    pub const fn len(&self) -> usize {
        match self.0 {
            Part::Own(properties) => properties.len(),
            Part::Parts(parts) => {
                let (mut total, mut part) = (0, 0);
                while part < parts.len() {
                    total += parts[part].len();
                    part += 1;
                }
                total
            }
        }
    }

    /// Whether there is no property.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The property at this place.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]
    pub const fn get(&self, index: usize) -> Option<&'static PropertySpec> {
        match self.0 {
            Part::Own(properties) if index < properties.len() => Some(&properties[index]),
            Part::Own(_) => None,
            Part::Parts(parts) => {
                let (mut before, mut part) = (0, 0);
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

    /// The properties, one by one.
    pub fn iter(self) -> impl Iterator<Item = &'static PropertySpec> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}
