use std::fmt;

/// The document that a workflow runs on, and its type, as the call names them.
///
/// ```
/// use bizproc_runtime::call::Document;
///
/// let document = Document {
///     id: ["crm", "CCrmDocumentDeal", "DEAL_777"].map(str::to_owned).into(),
///     document_type: Some(["crm", "CCrmDocumentDeal", "DEAL"].map(str::to_owned)),
/// };
/// assert_eq!(document.id.number(), Some(777));
/// assert_eq!(document.id.to_string(), "crm, CCrmDocumentDeal, DEAL_777");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Document {
    /// Module, entity and element.
    pub id: DocumentId,
    /// Module, entity and type.
    pub document_type: Option<[String; 3]>,
}

/// Module, entity and element of a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentId {
    /// The module, such as `crm` or `lists`.
    pub module: String,
    /// The entity, such as `CCrmDocumentDeal`.
    pub entity: String,
    /// The element, such as `DEAL_777`, `DYNAMIC_147_1` or `21020`.
    pub element: String,
}

impl DocumentId {
    /// The element's number: what follows the last `_`, or all of it.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.element.rsplit('_').next()?.parse().ok()
    }

    /// The number of the smart process, for its items.
    #[must_use]
    pub fn smart_process(&self) -> Option<u32> {
        let (type_id, _) = self.element.strip_prefix("DYNAMIC_")?.split_once('_')?;
        type_id.parse().ok()
    }
}

impl From<[String; 3]> for DocumentId {
    fn from([module, entity, element]: [String; 3]) -> Self {
        Self {
            module,
            entity,
            element,
        }
    }
}

impl From<DocumentId> for [String; 3] {
    fn from(id: DocumentId) -> Self {
        [id.module, id.entity, id.element]
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}, {}, {}",
            self.module, self.entity, self.element
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_every_form() {
        let id = |element: &str| DocumentId {
            module: "crm".into(),
            entity: "Entity".into(),
            element: element.into(),
        };
        assert_eq!(id("DEAL_186010").number(), Some(186_010));
        assert_eq!(id("SMART_INVOICE_3").number(), Some(3));
        assert_eq!(id("21020").number(), Some(21_020));
        assert_eq!(
            (
                id("DYNAMIC_147_1").number(),
                id("DYNAMIC_147_1").smart_process()
            ),
            (Some(1), Some(147))
        );
        assert_eq!(
            (id("x").number(), id("DEAL_1").smart_process()),
            (None, None)
        );
    }
}
