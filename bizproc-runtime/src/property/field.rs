//! One property of one robot: what the portal is told about it, and how its values are read and
//! written. Registration, decoder and reply are made from this one constant, so they agree.

use serde_json::Map;

use super::failure::Failure;
use super::{Culture, DecodeError, Details, InputValue, Property, Value, ValueError};
use crate::definition::{PropertySpec, PropertyType, SelectOption};
use crate::form::{FaultKind, Form, Node};

/// A property of type `T`. The derives make one constant of it for each field.
#[derive(Debug)]
pub struct Field<T> {
    /// What the portal is told.
    pub spec: PropertySpec,
    details: Details,
    decode: fn(InputValue<'_>) -> Result<T, ValueError>,
    encode: fn(&T, &Culture) -> Value,
    pub(super) failure: Failure<T>,
}

impl<T> Field<T> {
    /// The property that `T` is, with this id.
    #[must_use]
    pub const fn new(id: &'static str) -> Self
    where
        T: Property,
    {
        let mut spec = PropertySpec::new(id, T::TYPE).options(T::OPTIONS);
        spec.required = T::REQUIRED;
        spec.multiple = T::MULTIPLE;
        (spec.range, spec.zero) = (T::DETAILS.range, T::DETAILS.zero);
        Self {
            spec,
            details: T::DETAILS,
            decode: T::decode,
            encode: T::encode,
            failure: Failure::Nothing,
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

    /// Makes the form insist on a value.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.spec.required = true;
        self
    }

    /// Registers the property under another type, whose values travel as text.
    #[must_use]
    pub const fn type_name(mut self, name: &'static str) -> Self {
        if !matches!(
            self.spec.property_type,
            PropertyType::String | PropertyType::Text
        ) {
            self.details = self.details.fault(
                "` has the property type of its Rust type, and another name would change only what \
                 the portal is told; make the field a `String`, or remove `type`",
            );
        }
        self.spec.property_type = PropertyType::from_name(name);
        self
    }

    /// Makes a text one of these options.
    #[must_use]
    pub const fn options(mut self, options: &'static [SelectOption]) -> Self {
        self = self.type_name("select");
        self.spec = self.spec.options(options);
        self
    }

    /// Sets the default of a single property; a wrong one is a compile error where the field is a
    /// constant.
    #[must_use]
    #[track_caller]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.spec = self.spec.default(value).checked();
        self
    }

    /// Sets the defaults of a multiple property, as [`Field::default`].
    #[must_use]
    #[track_caller]
    pub const fn default_list(mut self, values: &'static [&'static str]) -> Self {
        self.spec = self.spec.default_list(values).checked();
        self
    }

    /// Reads a value, when a call carries it for another property.
    ///
    /// # Errors
    ///
    /// As [`Property::decode`].
    pub fn decode(&self, received: InputValue<'_>) -> Result<T, ValueError> {
        (self.decode)(received)
    }

    /// Writes a value.
    pub fn encode(&self, value: &T, culture: &Culture) -> Value {
        (self.encode)(value, culture)
    }

    /// Why no property can have this type.
    #[must_use]
    pub const fn fault(&self) -> Option<&'static str> {
        self.details.fault
    }

    /// What the checks need to know of the Rust type.
    #[doc(hidden)]
    #[must_use]
    pub const fn details(&self) -> Details {
        self.details
    }

    /// The field, or a compile error where it is a constant.
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

/// The properties of one call, ready to be read into a robot.
#[derive(Debug, Clone, Copy)]
pub struct InputProperties<'a> {
    form: &'a Form<'a>,
    culture: &'a Culture,
}

impl<'a> InputProperties<'a> {
    /// The `properties` of a call's body, dates in this culture.
    #[must_use]
    pub fn new(form: &'a Form<'a>, culture: &'a Culture) -> Self {
        Self { form, culture }
    }

    /// What the call carries for the property with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> InputValue<'a> {
        let properties = self.form.get("properties").and_then(Node::as_array);
        InputValue::new(properties.and_then(|array| array.get(id)), self.culture)
    }
}

/// Reads fields and gathers every fault.
#[derive(Debug)]
pub struct Decoder<'a> {
    properties: &'a InputProperties<'a>,
    /// A part of the body was not read at all: what is missing may have been in it.
    truncated: bool,
    error: DecodeError,
}

impl<'a> Decoder<'a> {
    /// Over these properties.
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

    /// The field's value; `None` when this field, or part of the body, could not be read.
    pub fn field<T>(&mut self, field: &Field<T>) -> Option<T> {
        let id = field.spec.id;
        if self.truncated
            || self
                .error
                .faults()
                .iter()
                .any(|fault| is_of(&fault.property, id))
        {
            return None;
        }
        let value = (field.decode)(self.properties.get(id));
        value.map_err(|error| self.error.push(id, error)).ok()
    }

    /// All faults.
    #[must_use]
    pub fn into_error(self) -> DecodeError {
        self.error
    }
}

/// `properties[amount][0]` is about `amount[0]`.
fn property_of(key: &str) -> Option<String> {
    let (id, rest) = key.strip_prefix("properties[")?.split_once(']')?;
    Some(format!("{id}{rest}"))
}

fn is_of(property: &str, id: &str) -> bool {
    property
        .strip_prefix(id)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// Writes return values.
#[derive(Debug)]
pub struct Encoder<'a> {
    culture: &'a Culture,
    values: Map<String, Value>,
}

impl<'a> Encoder<'a> {
    /// Dates and the like in this culture.
    #[must_use]
    pub fn new(culture: &'a Culture) -> Self {
        Self {
            culture,
            values: Map::new(),
        }
    }

    /// Adds the field, unless its value is nothing.
    pub fn field<T>(&mut self, field: &Field<T>, value: &T) {
        let value = (field.encode)(value, self.culture);
        if !value.is_null() {
            self.values.insert(field.spec.id.to_owned(), value);
        }
    }

    /// What `bizproc.event.send` takes as `RETURN_VALUES`.
    #[must_use]
    pub fn into_values(self) -> Map<String, Value> {
        self.values
    }
}
