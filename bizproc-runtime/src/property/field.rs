//! A property of a robot as one constant: its specification, and the functions that decode and encode
//! its values. Registrations, decoders and replies all use this constant, so that they agree.

use serde_json::Map;

use super::failure::Failure;
use super::{Culture, DecodeError, Details, InputValue, Property, Value, ValueError};
use crate::definition::{PropertySpec, PropertyType, SelectOption};
use crate::form::{FaultKind, Form, Node};

/// A property of the type `T`, as a constant that the derives generate for each field.
#[derive(Debug)]
pub struct Field<T> {
    /// The specification, as the portal registers it.
    pub spec: PropertySpec,
    details: Details,
    decode: fn(InputValue<'_>) -> Result<T, ValueError>,
    encode: fn(&T, &Culture) -> Value,
    pub(super) failure: Failure<T>,
}

impl<T> Field<T> {
    /// Creates a property of the type `T` with this id.
    #[must_use]
    pub const fn new(id: &'static str) -> Self
    where
        T: Property,
    {
        let mut spec = PropertySpec::new(id, T::TYPE).options(T::OPTIONS);
        spec.required = T::REQUIRED;
        spec.multiple = T::MULTIPLE;
        spec.range = T::DETAILS.range;
        spec.zero = T::DETAILS.zero;
        Self {
            spec,
            details: T::DETAILS,
            decode: T::decode,
            encode: T::encode,
            failure: Failure::Unchanged,
        }
    }

    /// Sets the label.
    #[must_use]
    pub const fn name(mut self, texts: &'static [(&'static str, &'static str)]) -> Self {
        self.spec = self.spec.name(texts);
        self
    }

    /// Sets the hint.
    #[must_use]
    pub const fn description(mut self, texts: &'static [(&'static str, &'static str)]) -> Self {
        self.spec = self.spec.description(texts);
        self
    }

    /// Makes the form require a value.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.spec.required = true;
        self
    }

    /// Sets another property type, whose values are sent as text.
    #[must_use]
    pub const fn type_name(mut self, name: &'static str) -> Self {
        if !matches!(
            self.spec.property_type,
            PropertyType::String | PropertyType::Text
        ) {
            self.details = self.details.fault(
                "` has the property type of its Rust type, and `type` would change only its \
                 registration; make the field a `String`, or remove `type`",
            );
        }
        self.spec.property_type = PropertyType::from_name(name);
        self
    }

    /// Makes a text property a `select` of these options.
    #[must_use]
    pub const fn options(mut self, options: &'static [SelectOption]) -> Self {
        self = self.type_name("select");
        self.spec = self.spec.options(options);
        self
    }

    /// Sets the default of a single property. In a constant, a wrong default is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.spec = self.spec.default(value).checked();
        self
    }

    /// Sets the defaults of a multiple property, as [`Field::default`] does.
    #[must_use]
    #[track_caller]
    pub const fn default_list(mut self, values: &'static [&'static str]) -> Self {
        self.spec = self.spec.default_list(values).checked();
        self
    }

    /// Decodes a value.
    ///
    /// # Errors
    ///
    /// The errors of [`Property::decode`].
    pub fn decode(&self, input: InputValue<'_>) -> Result<T, ValueError> {
        (self.decode)(input)
    }

    /// Encodes a value.
    pub fn encode(&self, value: &T, culture: &Culture) -> Value {
        (self.encode)(value, culture)
    }

    /// The reason why no property can have this type, if there is one.
    #[must_use]
    pub const fn fault(&self) -> Option<&'static str> {
        self.details.fault
    }

    /// The facts about the Rust type that the checks need.
    #[doc(hidden)]
    #[must_use]
    pub const fn details(&self) -> Details {
        self.details
    }

    /// Checks the field; in a constant, a fault is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn checked(mut self) -> Self {
        self.spec = self.spec.checked();
        if let Some(fault) = self.details.fault {
            self.spec.fault(fault);
        }
        self
    }
}

/// The properties of a call, to be decoded into a robot.
#[derive(Debug, Clone, Copy)]
pub struct InputProperties<'a> {
    form: &'a Form<'a>,
    culture: &'a Culture,
}

impl<'a> InputProperties<'a> {
    /// Creates them from the body of a call and the culture of its portal.
    #[must_use]
    pub fn new(form: &'a Form<'a>, culture: &'a Culture) -> Self {
        Self { form, culture }
    }

    /// The value of the property with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> InputValue<'a> {
        let properties = self.form.get("properties").and_then(Node::as_array);
        InputValue::new(properties.and_then(|array| array.get(id)), self.culture)
    }
}

/// Decodes the fields of a robot and collects all faults.
#[derive(Debug)]
pub struct Decoder<'a> {
    properties: &'a InputProperties<'a>,
    /// Whether a part of the body was not read: a missing property may be in that part.
    truncated: bool,
    error: DecodeError,
}

impl<'a> Decoder<'a> {
    /// Creates a decoder of these properties.
    #[must_use]
    pub fn new(properties: &'a InputProperties<'a>) -> Self {
        let mut decoder = Self {
            properties,
            truncated: false,
            error: DecodeError::default(),
        };
        for fault in properties
            .form
            .faults()
            .iter()
            .filter(|fault| fault.kind.loses_data())
        {
            if matches!(fault.kind, FaultKind::TooManyPairs { .. }) {
                decoder.truncated = true;
                decoder
                    .error
                    .push_fault("properties".to_owned(), fault.to_string());
            } else if let Some(property) = property_of(&fault.key) {
                decoder.error.push_fault(property, fault.kind.to_string());
            }
        }
        decoder
    }

    /// Decodes a field; `None` if it, or a part of the body, could not be read.
    pub fn field<T>(&mut self, field: &Field<T>) -> Option<T> {
        let id = field.spec.id;
        if self.truncated
            || self
                .error
                .faults()
                .iter()
                .any(|fault| belongs_to(&fault.property, id))
        {
            return None;
        }
        (field.decode)(self.properties.get(id))
            .map_err(|error| self.error.push(id, error))
            .ok()
    }

    /// The error with all faults.
    #[must_use]
    pub fn into_error(self) -> DecodeError {
        self.error
    }
}

/// The property that a form key is about: `amount[0]` for `properties[amount][0]`.
fn property_of(key: &str) -> Option<String> {
    let (id, rest) = key.strip_prefix("properties[")?.split_once(']')?;
    Some(format!("{id}{rest}"))
}

/// Whether `property` is the one with this id, or one of its values.
fn belongs_to(property: &str, id: &str) -> bool {
    property
        .strip_prefix(id)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// Encodes return values.
#[derive(Debug)]
pub struct Encoder<'a> {
    culture: &'a Culture,
    values: Map<String, Value>,
}

impl<'a> Encoder<'a> {
    /// Creates an encoder for a portal with this culture.
    #[must_use]
    pub fn new(culture: &'a Culture) -> Self {
        Self {
            culture,
            values: Map::new(),
        }
    }

    /// Adds a field, unless its value is `Null`.
    pub fn field<T>(&mut self, field: &Field<T>, value: &T) {
        let encoded = (field.encode)(value, self.culture);
        if !encoded.is_null() {
            self.values.insert(field.spec.id.to_owned(), encoded);
        }
    }

    /// The values, as `bizproc.event.send` expects them in `RETURN_VALUES`.
    #[must_use]
    pub fn into_values(self) -> Map<String, Value> {
        self.values
    }
}
