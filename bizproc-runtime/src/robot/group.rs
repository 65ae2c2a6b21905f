//! Groups of properties as constants of the struct that contains them, so that a field of a wrong
//! type is one error, at that field.

use super::{Properties, ReturnValues};
use crate::definition::PropertyList;
use crate::property::{Decoder, Encoder, FailureEncoder};

/// A flattened field of a robot, as a constant that the derives generate.
#[derive(Debug)]
pub struct PropertyGroup<T> {
    /// The properties, as the portal registers them.
    pub list: PropertyList,
    decode: fn(&mut Decoder<'_>) -> Option<T>,
}

impl<T> PropertyGroup<T> {
    /// Creates the constant for a group of the type `T`.
    #[must_use]
    pub const fn flattened() -> Self
    where
        T: Properties,
    {
        Self {
            list: T::PROPERTIES,
            decode: T::decode,
        }
    }

    /// Decodes the group; `None` if one of its properties could not be decoded.
    pub fn decode(&self, decoder: &mut Decoder<'_>) -> Option<T> {
        (self.decode)(decoder)
    }
}

/// A flattened field of a struct of return values, as a constant that the derives generate.
#[derive(Debug)]
pub struct ReturnGroup<T> {
    /// The return values, as the portal registers them.
    pub list: PropertyList,
    encode: fn(&T, &mut Encoder<'_>),
    encode_failure: fn(&mut FailureEncoder<'_>),
}

impl<T> ReturnGroup<T> {
    /// Creates the constant for a group of the type `T`.
    #[must_use]
    pub const fn flattened() -> Self
    where
        T: ReturnValues,
    {
        Self {
            list: T::PROPERTIES,
            encode: T::encode,
            encode_failure: T::encode_failure,
        }
    }

    /// Encodes the group.
    pub fn encode(&self, group: &T, encoder: &mut Encoder<'_>) {
        (self.encode)(group, encoder);
    }

    /// Encodes the group's values after a failure of the robot.
    pub fn encode_failure(&self, encoder: &mut FailureEncoder<'_>) {
        (self.encode_failure)(encoder);
    }
}
