//! The items that generated code uses. They are no public interface and may change in any release.

pub use crate::definition::{
    Definition, DocumentType, FilterRule, PropertyList, PropertySpec, PropertyType, SelectOption,
    Wait,
};
pub use crate::property::{
    Culture, DecodeError, Decoder, Details, Encoder, FailureEncoder, Field, FromErrorText,
    InputValue, IntoFailureValue, Property, Select, Value, ValueError, decode_select,
    encode_select,
};
pub use crate::robot::{Properties, PropertyGroup, ReturnGroup, ReturnValues, Robot};
