use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::rules::php::{Array, Value};

/// `[module, entity, id]`.
pub(crate) type DocumentId = [String; 3];

/// A document: a record that workflows run on and that `crm.*` methods read and change.
///
/// Its fields have the names that workflows use, in upper case: `{=Document:TITLE}` in a property
/// becomes the field.
///
/// ```
/// use bizproc_portal::Document;
///
/// let deal = Document::deal(17).field("TITLE", "Big one");
/// assert_eq!(deal.document_id(), ["crm", "CCrmDocumentDeal", "DEAL_17"]);
///
/// let item = Document::dynamic(147, 1);
/// assert_eq!(item.document_id()[2], "DYNAMIC_147_1");
///
/// let process = Document::new(
///     ["lists", "BizprocDocument", "21020"],
///     ["lists", "BizprocDocument", "iblock_72"],
/// );
/// assert_eq!(process.document_type(), ["lists", "BizprocDocument", "iblock_72"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    id: DocumentId,
    kind: [String; 3],
    /// The fields that it has by default.
    defaults: Array,
    fields: Array,
}

impl Document {
    /// A document without fields, named by `[module, entity, id]`, of the kind
    /// `[module, entity, type]`.
    #[must_use]
    pub fn new(id: [&str; 3], kind: [&str; 3]) -> Self {
        Self {
            id: id.map(str::to_owned),
            kind: kind.map(str::to_owned),
            defaults: Array::new(),
            fields: Array::new(),
        }
    }

    /// A deal with `ID`, and `TITLE` and `NAME` of the text `Deal #<number>`.
    #[must_use]
    pub fn deal(number: u32) -> Self {
        Self::titled("CCrmDocumentDeal", "DEAL", "Deal", number)
    }

    /// A lead with `ID`, and `TITLE` and `NAME` of the text `Lead #<number>`.
    #[must_use]
    pub fn lead(number: u32) -> Self {
        Self::titled("CCrmDocumentLead", "LEAD", "Lead", number)
    }

    /// A contact with `ID`, and `NAME` of the text `Contact #<number>`.
    #[must_use]
    pub fn contact(number: u32) -> Self {
        let mut contact = Self::crm(
            "CCrmDocumentContact",
            "CONTACT",
            &number.to_string(),
            number,
        );
        contact
            .defaults
            .insert("NAME", format!("Contact #{number}"));
        contact
    }

    /// A company with `ID`, and `TITLE` of the text `Company #<number>`.
    #[must_use]
    pub fn company(number: u32) -> Self {
        Self::titled("CCrmDocumentCompany", "COMPANY", "Company", number)
    }

    /// A smart invoice with `ID`, and `TITLE` of the text `Invoice #<number>`.
    #[must_use]
    pub fn smart_invoice(number: u32) -> Self {
        let entity = r"Bitrix\Crm\Integration\BizProc\Document\SmartInvoice";
        Self::titled(entity, "SMART_INVOICE", "Invoice", number)
    }

    /// An item of a smart process with `ID`, and `TITLE` of the text `Item #<number>`.
    #[must_use]
    pub fn dynamic(type_id: u32, number: u32) -> Self {
        let entity = r"Bitrix\Crm\Integration\BizProc\Document\Dynamic";
        Self::titled(entity, &format!("DYNAMIC_{type_id}"), "Item", number)
    }

    fn titled(entity: &str, kind: &str, noun: &str, number: u32) -> Self {
        let title = format!("{noun} #{number}");
        let mut document = Self::crm(entity, kind, &number.to_string(), number);
        document.defaults.insert("TITLE", title.as_str());
        document.defaults.insert("NAME", title);
        document
    }

    fn crm(entity: &str, kind: &str, id: &str, number: u32) -> Self {
        let mut document = Self::new(
            ["crm", entity, &format!("{kind}_{id}")],
            ["crm", entity, kind],
        );
        document.defaults.insert("ID", i64::from(number));
        document
    }

    /// Sets a field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Json>) -> Self {
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

    /// A field as it is now.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<Json> {
        self.get(field).map(Value::to_json)
    }

    /// All fields as they are now.
    #[must_use]
    pub fn fields(&self) -> Map<String, Json> {
        self.all()
            .map(|(name, value)| (name, value.to_json()))
            .collect()
    }

    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).or_else(|| self.defaults.get(field))
    }

    /// Whether a field was set, as opposed to a default.
    pub(crate) fn is_set(&self, field: &str) -> bool {
        self.fields.get(field).is_some()
    }

    pub(crate) fn set(&mut self, field: &str, value: Value) {
        self.fields.insert(field, value);
    }

    /// Returns the fields, defaults first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (String, &Value)> {
        let own = |key: &str| self.defaults.get(key).is_none();
        let defaults = self.defaults.iter().map(|(key, value)| {
            let name = key.to_text();
            let value = self.fields.get(&name).unwrap_or(value);
            (name, value)
        });
        let fields = self
            .fields
            .iter()
            .map(|(key, value)| (key.to_text(), value));
        defaults.chain(fields.filter(move |(name, _)| own(name)))
    }

    /// Returns a record's number: the part after the last `_`.
    pub(crate) fn number(&self) -> Option<u32> {
        let [_, _, id] = &self.id;
        id.rsplit('_').next()?.parse().ok()
    }

    pub(crate) fn key(&self) -> &DocumentId {
        &self.id
    }

    pub(crate) fn kind(&self) -> &[String; 3] {
        &self.kind
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::deal(17)
    }
}

/// The documents of a portal.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    all: IndexMap<DocumentId, Document>,
    /// The highest number that a record of a kind ever had.
    highest: HashMap<[String; 3], u32>,
}

impl Documents {
    /// Adds a document; an existing one gets the fields that were set.
    pub(crate) fn put(&mut self, document: Document) {
        if let Some(record) = self.all.get_mut(&document.id) {
            for (key, value) in document.fields {
                record.fields.insert(key, value);
            }
        } else {
            if let Some(number) = document.number() {
                let highest = self.highest.entry(document.kind.clone()).or_default();
                *highest = number.max(*highest);
            }
            self.all.insert(document.id.clone(), document);
        }
    }

    /// The highest number that a record of a kind ever had; numbers are not used again.
    pub(crate) fn highest(&self, kind: &[String; 3]) -> u32 {
        self.highest.get(kind).copied().unwrap_or_default()
    }

    pub(crate) fn get(&self, id: &DocumentId) -> Option<&Document> {
        self.all.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &DocumentId) -> Option<&mut Document> {
        self.all.get_mut(id)
    }

    pub(crate) fn contains(&self, id: &DocumentId) -> bool {
        self.all.contains_key(id)
    }

    pub(crate) fn remove(&mut self, id: &DocumentId) -> Option<Document> {
        self.all.shift_remove(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.all.values()
    }
}
