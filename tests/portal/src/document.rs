use crate::php::{Array, Value};

/// The document a workflow runs on: a deal unless said otherwise.
///
/// Its fields are what `{=Document:FIELD}` in a property becomes.
///
/// ```
/// use bizproc_portal::Document;
///
/// let deal = Document::deal(17).field("TITLE", "Big one");
/// assert_eq!(deal.document_id(), ["crm", "CCrmDocumentDeal", "DEAL_17"]);
///
/// let process = Document::new(
///     ["lists", "BizprocDocument", "21020"],
///     ["lists", "BizprocDocument", "iblock_72"],
/// );
/// assert_eq!(process.document_type(), ["lists", "BizprocDocument", "iblock_72"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    id: [String; 3],
    kind: [String; 3],
    fields: Array,
}

impl Document {
    /// A document without fields, named by `[module, entity, id]`, of the kind `[module, entity, type]`.
    #[must_use]
    pub fn new(id: [&str; 3], kind: [&str; 3]) -> Self {
        Self {
            id: id.map(str::to_owned),
            kind: kind.map(str::to_owned),
            fields: Array::new(),
        }
    }

    /// A deal with `ID`, and `TITLE` and `NAME` of the text `Deal #<number>`.
    #[must_use]
    pub fn deal(number: u32) -> Self {
        let title = format!("Deal #{number}");
        Self::new(
            ["crm", "CCrmDocumentDeal", &format!("DEAL_{number}")],
            ["crm", "CCrmDocumentDeal", "DEAL"],
        )
        .field("ID", number)
        .field("TITLE", title.as_str())
        .field("NAME", title)
    }

    /// Sets a field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.fields.insert(name, value.into());
        self
    }

    /// `[module, entity, id]`.
    #[must_use]
    pub fn document_id(&self) -> [&str; 3] {
        self.id.each_ref().map(String::as_str)
    }

    /// `[module, entity, type]`.
    #[must_use]
    pub fn document_type(&self) -> [&str; 3] {
        self.kind.each_ref().map(String::as_str)
    }

    pub(crate) fn fields(&self) -> &Array {
        &self.fields
    }

    pub(crate) fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::deal(17)
    }
}
