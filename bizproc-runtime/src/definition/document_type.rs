//! Types of documents.

use std::borrow::Cow;

/// The type of a document (`DOCUMENT_TYPE`): its module, entity and type name.
///
/// ```
/// use bizproc_runtime::definition::DocumentType;
///
/// let smart_process = DocumentType::smart_process(147);
/// assert_eq!(smart_process.type_name(), "DYNAMIC_147");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentType {
    module: &'static str,
    entity: &'static str,
    name: TypeName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum TypeName {
    /// The whole name.
    Whole(&'static str),
    /// A prefix and a number.
    Numbered(&'static str, u32),
}

impl DocumentType {
    /// CRM leads.
    pub const LEAD: Self = Self::custom("crm", "CCrmDocumentLead", "LEAD");
    /// CRM deals.
    pub const DEAL: Self = Self::custom("crm", "CCrmDocumentDeal", "DEAL");
    /// CRM contacts; workflow activities only.
    pub const CONTACT: Self = Self::custom("crm", "CCrmDocumentContact", "CONTACT");
    /// CRM companies; workflow activities only.
    pub const COMPANY: Self = Self::custom("crm", "CCrmDocumentCompany", "COMPANY");
    /// CRM quotes, called estimates in some languages.
    pub const QUOTE: Self = Self::custom(
        "crm",
        r"Bitrix\Crm\Integration\BizProc\Document\Quote",
        "QUOTE",
    );
    /// CRM smart invoices.
    pub const SMART_INVOICE: Self = Self::custom(
        "crm",
        r"Bitrix\Crm\Integration\BizProc\Document\SmartInvoice",
        "SMART_INVOICE",
    );

    /// The items of the smart process with this type number.
    #[must_use]
    pub const fn smart_process(type_id: u32) -> Self {
        let entity = r"Bitrix\Crm\Integration\BizProc\Document\Dynamic";
        Self {
            module: "crm",
            entity,
            name: TypeName::Numbered("DYNAMIC_", type_id),
        }
    }

    /// The processes of the feed that belong to the list with this number.
    #[must_use]
    pub const fn list(iblock_id: u32) -> Self {
        let name = TypeName::Numbered("iblock_", iblock_id);
        Self {
            module: "lists",
            entity: "BizprocDocument",
            name,
        }
    }

    /// The elements of the workgroup list with this number.
    #[must_use]
    pub const fn group_list(iblock_id: u32) -> Self {
        let name = TypeName::Numbered("iblock_", iblock_id);
        Self {
            module: "lists",
            entity: r"Bitrix\Lists\BizprocDocumentLists",
            name,
        }
    }

    /// The files of the Drive storage with this number.
    #[must_use]
    pub const fn disk(storage_id: u32) -> Self {
        let name = TypeName::Numbered("STORAGE_", storage_id);
        Self {
            module: "disk",
            entity: r"Bitrix\Disk\BizProcDocument",
            name,
        }
    }

    /// Any other document type; none of the three texts may be empty.
    #[must_use]
    pub const fn custom(module: &'static str, entity: &'static str, name: &'static str) -> Self {
        Self {
            module,
            entity,
            name: TypeName::Whole(name),
        }
    }

    /// The module, such as `crm`.
    #[must_use]
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The entity, such as `CCrmDocumentDeal`.
    #[must_use]
    pub const fn entity(&self) -> &'static str {
        self.entity
    }

    /// The name of the type, such as `DEAL` or `DYNAMIC_147`.
    #[must_use]
    pub fn type_name(&self) -> Cow<'static, str> {
        match self.name {
            TypeName::Whole(name) => Cow::Borrowed(name),
            TypeName::Numbered(prefix, number) => Cow::Owned(format!("{prefix}{number}")),
        }
    }

    pub(super) const fn has_empty_part(&self) -> bool {
        let name = match self.name {
            TypeName::Whole(name) | TypeName::Numbered(name, _) => name,
        };
        self.module.is_empty() || self.entity.is_empty() || name.is_empty()
    }

    pub(super) fn to_json(self) -> serde_json::Value {
        serde_json::json!([self.module, self.entity, self.type_name()])
    }
}
