//! The traits that the derives implement: [`Robot`], [`Properties`] and [`ReturnValues`].

mod group;

pub use group::{PropertyGroup, ReturnGroup};

use crate::definition::{Definition, PropertyList};
use crate::property::{
    Culture, DecodeError, Decoder, Encoder, FailureEncoder, InputProperties, Value,
};

/// An automation robot or a workflow activity: its definition on the portal, and the decoding of its
/// calls. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no robot",
    label = "`Robot` is not derived for `{Self}`",
    note = "add `#[derive(Robot)]` and `#[robot(code = \"...\")]` to the struct"
)]
pub trait Robot: Properties {
    /// The values that the reply carries; `()` if there are none.
    type Returns: ReturnValues;

    /// The definition without its properties and return values.
    #[doc(hidden)]
    const BASE_DEFINITION: Definition;

    /// The definition, as the portal registers it.
    const DEFINITION: Definition = Self::BASE_DEFINITION
        .with_properties(Self::PROPERTIES)
        .with_returns(<Self::Returns as ReturnValues>::PROPERTIES);

    /// Decodes the properties of a call.
    ///
    /// # Errors
    ///
    /// One error for all properties that are missing or have a wrong form.
    fn from_properties(properties: &InputProperties<'_>) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::new(properties);
        Self::decode(&mut decoder).ok_or_else(|| decoder.into_error())
    }
}

/// Properties that the author of a template fills in: those of one robot, or a group that several
/// robots share. Derive it for a group; the derive of `Robot` includes it.
///
/// ```
/// use bizproc_runtime::{Properties, Robot};
///
/// #[derive(Properties)]
/// struct Recipient {
///     /// E-mail
///     email: String,
///     /// Copy to
///     copy_to: Vec<String>,
/// }
///
/// /// Send contract
/// #[derive(Robot)]
/// #[robot(code = "acme_contract")]
/// struct SendContract {
///     /// Number
///     number: String,
///     #[property(flatten)]
///     recipient: Recipient,
/// }
///
/// let ids = SendContract::DEFINITION.properties().iter().map(|property| property.id);
/// assert_eq!(ids.collect::<Vec<_>>(), ["number", "email", "copy_to"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no group of properties",
    label = "`Properties` is not derived for `{Self}`",
    note = "a flattened field is a struct with `#[derive(Properties)]`; for one property remove \
            `flatten`"
)]
pub trait Properties: Sized {
    /// The properties, as the portal registers them.
    const PROPERTIES: PropertyList;

    /// Decodes the properties; `None` if one could not be decoded. The decoder collects the faults.
    fn decode(decoder: &mut Decoder<'_>) -> Option<Self>;
}

/// The values that a robot returns to the workflow. Derive it.
///
/// ```
/// use bizproc_runtime::property::Culture;
/// use bizproc_runtime::ReturnValues;
///
/// #[derive(ReturnValues)]
/// #[return_values(rename_all = "camelCase")]
/// struct Invoice {
///     /// Number of the invoice
///     invoice_number: String,
///     /// Paid
///     paid: bool,
///     /// Date of payment
///     paid_on: Option<jiff::civil::Date>,
/// }
///
/// let invoice = Invoice { invoice_number: "A-17".into(), paid: false, paid_on: None };
/// let values = serde_json::json!({"invoiceNumber": "A-17", "paid": "N"});
/// assert_eq!(serde_json::Value::Object(invoice.to_values(&Culture::default())), values);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a robot returns",
    label = "`ReturnValues` is not derived for `{Self}`",
    note = "add `#[derive(ReturnValues)]` to the struct"
)]
pub trait ReturnValues {
    /// The return values, as the portal registers them.
    const PROPERTIES: PropertyList;

    /// Encodes the values.
    fn encode(&self, encoder: &mut Encoder<'_>);

    /// The values as `bizproc.event.send` expects them.
    fn to_values(&self, culture: &Culture) -> serde_json::Map<String, Value> {
        let mut encoder = Encoder::new(culture);
        self.encode(&mut encoder);
        encoder.into_values()
    }

    /// Encodes the values after a failure of the robot: those of the fields with
    /// `#[property(failure)]`.
    fn encode_failure(_: &mut FailureEncoder<'_>) {}

    /// The values of the reply that the workflow gets after the robot failed with this text. Other
    /// return values keep their defaults.
    ///
    /// ```
    /// use bizproc_runtime::ReturnValues;
    /// use bizproc_runtime::property::Culture;
    ///
    /// #[derive(ReturnValues)]
    /// struct Invoice {
    ///     number: String,
    ///     #[property(failure = false)]
    ///     created: bool,
    ///     #[property(failure)]
    ///     error: Option<String>,
    /// }
    ///
    /// let values = Invoice::failure("the customer has no address", &Culture::default());
    /// let expected = serde_json::json!({"created": "N", "error": "the customer has no address"});
    /// assert_eq!(serde_json::Value::Object(values), expected);
    /// ```
    #[must_use]
    fn failure(text: &str, culture: &Culture) -> serde_json::Map<String, Value> {
        let mut encoder = FailureEncoder::new(text, culture);
        Self::encode_failure(&mut encoder);
        encoder.into_values()
    }
}

/// The return values of a robot that has none.
impl ReturnValues for () {
    const PROPERTIES: PropertyList = PropertyList::EMPTY;

    fn encode(&self, _: &mut Encoder<'_>) {}
}
