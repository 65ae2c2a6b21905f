//! The rules of PHP that a portal depends on: its values, its form functions, `parse_url`, the size
//! of `serialize`.
//!
//! A robot's handler sees what PHP wrote, and the portal sees what PHP read. Nothing here knows
//! about Bitrix24.
//!
//! ```
//! use bizproc_portal::php::{self, Value};
//!
//! let value = Value::from(serde_json::json!({"a": true, "b": null, "c": ["x", null, "z"]}));
//! assert_eq!(php::http_build_query(&value), "a=1&c%5B0%5D=x&c%5B2%5D=z");
//!
//! let parsed = php::parse_str(b"p[]=a&p[]=b");
//! assert_eq!(parsed.to_json(), serde_json::json!({"p": ["a", "b"]}));
//! ```

mod array;
mod http_build_query;
mod number;
mod parse_str;
mod serialize;
mod url;
mod urldecode;
mod value;

pub use array::{Array, Key};
pub use http_build_query::http_build_query;
pub(crate) use number::numeric;
pub use parse_str::{from_variables, parse_str};
pub use serialize::serialized_len;
pub use url::{Url, parse_url, path_and_query};
pub(crate) use urldecode::is_text;
pub use urldecode::urldecode;
pub use value::Value;
