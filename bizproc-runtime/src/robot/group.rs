//! Groups of properties as constants of the struct that holds them, so that a type that is no
//! group is one error, at its place.

use super::{Properties, ReturnValues};
use crate::definition::PropertyList;
use crate::property::{Decoder, Encoder, FailureEncoder};

/// A flattened field of a robot. The derives make one constant of it for each.
#[derive(Debug)]
pub struct PropertyGroup<T> {
    /// What the portal is told.
    pub list: PropertyList,
    decode: fn(&mut Decoder<'_>) -> Option<T>,
}

impl<T> PropertyGroup<T> {
    /// The group that `T` is.
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

    /// Reads the group; `None` when a property of it could not be read.
    pub fn decode(&self, decoder: &mut Decoder<'_>) -> Option<T> {
        (self.decode)(decoder)
    }
}

/// A flattened field of return values.
#[derive(Debug)]
pub struct ReturnGroup<T> {
    /// What the portal is told.
    pub list: PropertyList,
    encode: fn(&T, &mut Encoder<'_>),
    encode_failure: fn(&mut FailureEncoder<'_>),
}

impl<T> ReturnGroup<T> {
    /// The group that `T` is.
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

    /// Writes the group.
    pub fn encode(&self, group: &T, encoder: &mut Encoder<'_>) {
        (self.encode)(group, encoder);
    }

    /// Writes what the group's outputs hold when the robot failed.
    pub fn encode_failure(&self, encoder: &mut FailureEncoder<'_>) {
        (self.encode_failure)(encoder);
    }
}
