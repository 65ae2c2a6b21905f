//! What generated code names. Not for use by hand: it may change in any release.

pub use crate::definition::{
    Definition, DocumentType, FilterRule, PropertyList, PropertySpec, PropertyType, SelectOption,
    Wait,
};
pub use crate::property::{
    Culture, DecodeError, Decoder, Details, Encoder, FailureEncoder, FailureText, FailureValue,
    Field, Property, Received, Select, Value, ValueError, decode_select, encode_select,
};
pub use crate::robot::{Group, Properties, ReturnGroup, ReturnValues, Robot};
