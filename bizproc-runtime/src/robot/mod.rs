//! [`Robot`], [`Properties`] and [`ReturnValues`], the traits that the derives implement.

mod group;

pub use group::{PropertyGroup, ReturnGroup};

use crate::definition::{Definition, PropertyList};
use crate::property::{
    Culture, DecodeError, Decoder, Encoder, FailureEncoder, InputProperties, Value,
};

/// An automation robot or a workflow activity: what it is on the portal, and how its calls are
/// read. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no robot",
    label = "`Robot` is not derived for `{Self}`",
    note = "add `#[derive(Robot)]` and `#[robot(code = \"...\")]` to the struct"
)]
pub trait Robot: Properties {
    /// What the reply carries; `()` when there is nothing to return.
    type Returns: ReturnValues;

    /// What the struct itself declares: everything but the properties and the return values.
    const BASE_DEFINITION: Definition;

    /// What the portal is told.
    const DEFINITION: Definition = Self::BASE_DEFINITION
        .with_properties(Self::PROPERTIES)
        .with_returns(<Self::Returns as ReturnValues>::PROPERTIES);

    /// Reads a call's properties.
    ///
    /// # Errors
    ///
    /// Every property that is missing or has another form, in one error.
    fn from_properties(properties: &InputProperties<'_>) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::new(properties);
        Self::decode(&mut decoder).ok_or_else(|| decoder.into_error())
    }
}

/// Properties that the author of a template fills in: those of one robot, or a group that several
/// robots share. Derive it for a group; `Robot` brings it along.
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
    /// What the portal is told about the properties.
    const PROPERTIES: PropertyList;

    /// Reads the properties; `None` when one could not be read, and the decoder knows which.
    fn decode(decoder: &mut Decoder<'_>) -> Option<Self>;
}

/// What a robot returns to the workflow. Derive it.
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
    /// What the portal is told about the return values.
    const PROPERTIES: PropertyList;

    /// Writes the values.
    fn encode(&self, encoder: &mut Encoder<'_>);

    /// The values as `bizproc.event.send` takes them.
    fn to_values(&self, culture: &Culture) -> serde_json::Map<String, Value> {
        let mut encoder = Encoder::new(culture);
        self.encode(&mut encoder);
        encoder.into_values()
    }

    /// Writes what the outputs hold when the robot failed: those marked `#[property(failure)]`.
    fn encode_failure(_: &mut FailureEncoder<'_>) {}

    /// The values of the answer that the workflow gets when the robot failed with this text. What
    /// is not in it keeps its default.
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

/// A robot that returns nothing.
impl ReturnValues for () {
    const PROPERTIES: PropertyList = PropertyList::EMPTY;

    fn encode(&self, _: &mut Encoder<'_>) {}
}
