//! The platform's rules that need no portal: PHP, values, dates, tokens, settings, limits.

pub(crate) mod base64;
pub(crate) mod dates;
pub(crate) mod dialog;
pub(crate) mod error;
pub(crate) mod event_catalogue;
pub(crate) mod fold;
pub mod php;
pub(crate) mod random;
pub(crate) mod registration;
pub(crate) mod rest_error;
pub(crate) mod settings;
pub(crate) mod token;
pub(crate) mod values;
