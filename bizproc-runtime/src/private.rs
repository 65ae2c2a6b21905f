//! What generated code names. Not for use by hand: it may change in any release.

pub use crate::definition::{
    Definition, DocumentType, FilterRule, PropertySpec, PropertyType, SelectOption, Wait,
};
pub use crate::property::{
    Culture, DecodeError, Decoder, Encoder, Field, Properties, Property, Received, Select, Value,
    ValueError, decode_select, encode_select,
};
pub use crate::robot::{ReturnValues, Robot};
