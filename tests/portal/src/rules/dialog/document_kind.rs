/// A kind of document that robots and activities are offered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DocumentKind {
    /// Its title.
    pub(crate) title: &'static str,
    /// `[module, entity, type]`.
    pub(crate) document_type: [&'static str; 3],
    /// The part of the id before the number.
    pub(crate) id_prefix: &'static str,
}

const fn crm(
    title: &'static str,
    entity: &'static str,
    kind: &'static str,
    id_prefix: &'static str,
) -> DocumentKind {
    DocumentKind {
        title,
        document_type: ["crm", entity, kind],
        id_prefix,
    }
}

/// The kinds that every portal has, and one example of each kind that its owner can add.
pub(crate) const DOCUMENT_KINDS: [DocumentKind; 10] = [
    crm("Deal", "CCrmDocumentDeal", "DEAL", "DEAL_"),
    crm("Lead", "CCrmDocumentLead", "LEAD", "LEAD_"),
    crm("Contact", "CCrmDocumentContact", "CONTACT", "CONTACT_"),
    crm("Company", "CCrmDocumentCompany", "COMPANY", "COMPANY_"),
    crm(
        "Estimate",
        r"Bitrix\Crm\Integration\BizProc\Document\Quote",
        "QUOTE",
        "QUOTE_",
    ),
    crm(
        "Invoice",
        r"Bitrix\Crm\Integration\BizProc\Document\SmartInvoice",
        "SMART_INVOICE",
        "SMART_INVOICE_",
    ),
    crm(
        "Smart process 147",
        r"Bitrix\Crm\Integration\BizProc\Document\Dynamic",
        "DYNAMIC_147",
        "DYNAMIC_147_",
    ),
    DocumentKind {
        title: "Feed process",
        document_type: ["lists", "BizprocDocument", "iblock_72"],
        id_prefix: "",
    },
    DocumentKind {
        title: "Group list",
        document_type: ["lists", r"Bitrix\Lists\BizprocDocumentLists", "iblock_73"],
        id_prefix: "",
    },
    DocumentKind {
        title: "File on a drive",
        document_type: ["disk", r"Bitrix\Disk\BizProcDocument", "STORAGE_1"],
        id_prefix: "",
    },
];
