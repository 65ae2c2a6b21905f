//! [`Robot`] and [`ReturnValues`], the two traits that the derives implement.

use crate::definition::{Definition, PropertySpec};
use crate::property::{Culture, DecodeError, Encoder, Properties, Value};

/// An automation robot or a workflow activity: what it is on the portal, and how its calls are
/// read. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no robot",
    label = "`Robot` is not derived for `{Self}`",
    note = "add `#[derive(Robot)]` and `#[robot(code = \"...\")]` to the struct"
)]
pub trait Robot: Sized {
    /// What the reply carries; `()` when there is nothing to return.
    type Returns: ReturnValues;

    /// What the struct itself declares: everything but the return values.
    const DECLARATION: Definition;

    /// What the portal is told.
    const DEFINITION: Definition =
        Self::DECLARATION.returns(<Self::Returns as ReturnValues>::PROPERTIES);

    /// Reads a call's properties.
    ///
    /// # Errors
    ///
    /// Every property that is missing or has another form, in one error.
    fn decode(properties: &Properties<'_>) -> Result<Self, DecodeError>;
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
    const PROPERTIES: &'static [PropertySpec];

    /// Writes the values.
    fn encode(&self, encoder: &mut Encoder<'_>);

    /// The values as `bizproc.event.send` takes them.
    fn to_values(&self, culture: &Culture) -> serde_json::Map<String, Value> {
        let mut encoder = Encoder::new(culture);
        self.encode(&mut encoder);
        encoder.into_values()
    }
}

/// A robot that returns nothing.
impl ReturnValues for () {
    const PROPERTIES: &'static [PropertySpec] = &[];

    fn encode(&self, _: &mut Encoder<'_>) {}
}
