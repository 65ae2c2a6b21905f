//! The errors of values and properties.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// The maximum length of a quoted value, in characters.
const QUOTED_CHARS: usize = 80;

/// The reason why a value could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    fault: ValueFault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ValueFault {
    Missing,
    Unexpected {
        expected: Cow<'static, str>,
        received: String,
    },
    Items(Vec<(usize, ValueError)>),
}

impl ValueError {
    /// Creates the error for a required value that is not set.
    #[must_use]
    pub fn missing() -> Self {
        Self {
            fault: ValueFault::Missing,
        }
    }

    /// Creates the error for a value, `received`, of a wrong form. `expected` names the right form, for
    /// example "a whole number".
    ///
    /// ```
    /// use bizproc_runtime::property::ValueError;
    ///
    /// let error = ValueError::expected("a whole number", "abc");
    /// assert_eq!(error.to_string(), "expected a whole number, received `abc`");
    /// ```
    #[must_use]
    pub fn expected(expected: impl Into<Cow<'static, str>>, received: &str) -> Self {
        let mut quoted = received.chars().take(QUOTED_CHARS).collect::<String>();
        if quoted.len() < received.len() {
            quoted.push('…');
        }
        Self::unexpected(expected, format!("`{quoted}`"))
    }

    pub(super) fn unexpected(expected: impl Into<Cow<'static, str>>, received: String) -> Self {
        Self {
            fault: ValueFault::Unexpected {
                expected: expected.into(),
                received,
            },
        }
    }

    pub(super) fn items(faults: Vec<(usize, Self)>) -> Self {
        Self {
            fault: ValueFault::Items(faults),
        }
    }

    /// The error of each value, with its index if the value is one of a list.
    fn flatten(self) -> Vec<(Option<usize>, Self)> {
        match self.fault {
            ValueFault::Items(items) => items
                .into_iter()
                .map(|(index, error)| (Some(index), error))
                .collect(),
            fault => vec![(None, Self { fault })],
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            ValueFault::Missing => formatter.write_str("a value is required, but none is set"),
            ValueFault::Unexpected { expected, received } => {
                write!(formatter, "expected {expected}, received {received}")
            }
            ValueFault::Items(items) => {
                for (position, (index, error)) in items.iter().enumerate() {
                    let separator = if position == 0 { "" } else { "; " };
                    write!(formatter, "{separator}[{index}]: {error}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ValueError {}

/// A property that could not be decoded, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyError {
    /// The property's id, followed by the index if one value of a list is wrong: `tags[1]`.
    pub property: String,
    /// What is wrong with the value.
    pub fault: String,
}

/// The error of a call whose properties could not be decoded; it has all their faults.
///
/// ```
/// use bizproc_runtime::form::{Form, Limits};
/// use bizproc_runtime::property::{Culture, InputProperties};
/// use bizproc_runtime::Robot;
///
/// /// Payment
/// #[derive(Debug, Robot)]
/// #[robot(code = "acme_payment")]
/// struct Payment {
///     amount: f64,
///     days: Vec<u8>,
/// }
///
/// let body = b"properties[amount]=much&properties[days][0]=1&properties[days][1]=x";
/// let form = Form::decode(body, &Limits::default());
/// let culture = Culture::default();
/// let error = Payment::from_properties(&InputProperties::new(&form, &culture)).unwrap_err();
///
/// let faulty = error.faults().iter().map(|fault| fault.property.as_str());
/// assert_eq!(faulty.collect::<Vec<_>>(), ["amount", "days[1]"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecodeError {
    faults: Vec<PropertyError>,
}

impl DecodeError {
    /// The faults, in the order of the properties.
    #[must_use]
    pub fn faults(&self) -> &[PropertyError] {
        &self.faults
    }

    pub(super) fn push(&mut self, id: &str, error: ValueError) {
        self.faults.extend(
            error
                .flatten()
                .into_iter()
                .map(|(index, error)| PropertyError {
                    property: index.map_or_else(|| id.to_owned(), |index| format!("{id}[{index}]")),
                    fault: error.to_string(),
                }),
        );
    }

    pub(super) fn push_fault(&mut self, property: String, fault: String) {
        self.faults.push(PropertyError { property, fault });
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        let (verb, noun) = if count == 1 {
            ("does", "property")
        } else {
            ("do", "properties")
        };
        write!(formatter, "{count} {noun} {verb} not fit the robot")?;
        for (index, PropertyError { property, fault }) in self.faults.iter().enumerate() {
            let separator = if index == 0 { ':' } else { ';' };
            write!(formatter, "{separator} `{property}`: {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DecodeError {}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::InvalidProperties, error.to_string()).with_source(error)
    }
}

impl Error {
    /// The faults of a call's properties, if they are the cause of the error.
    #[must_use]
    pub fn invalid_properties(&self) -> Option<&DecodeError> {
        self.source()?.downcast_ref()
    }
}
