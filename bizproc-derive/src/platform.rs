//! What Bitrix24 allows: numbers, reserved words and type names, each with where it stands in
//! the platform's documentation.

/// `bizproc.robot.add`, parameter `CODE`: the portal stores at most this many characters.
pub(crate) const CODE_MAX_CHARS: usize = 128;

/// `HANDLER` and `PLACEMENT_HANDLER` hold at most 1000 characters; the public address may take 800
/// of them.
pub(crate) const PATH_MAX_CHARS: usize = 200;

/// Codes that more than one vendor will think of. `bizproc.robot.add` with `USE_PLACEMENT` refuses a
/// code that any other application on the portal has a settings page for.
pub(crate) const GENERIC_CODES: &[&str] = &[
    "activity",
    "action",
    "app",
    "automation",
    "bot",
    "call",
    "document",
    "email",
    "handler",
    "http",
    "message",
    "notify",
    "request",
    "robot",
    "run",
    "send",
    "sms",
    "start",
    "task",
    "test",
    "webhook",
];

/// Ids that a step of a workflow uses itself. An application's property with such an id, in any
/// case, receives and overwrites the step's own value.
pub(crate) const STEP_IDS: &[&str] = &[
    "Title",
    "UseSubscription",
    "IsTimeout",
    "AuthUserId",
    "SetStatusMessage",
    "StatusMessage",
    "TimeoutDuration",
    "TimeoutDurationType",
];

/// Ids that switch off the portal's folding of attribute names below them.
pub(crate) const STRUCTURE_IDS: &[&str] = &["PROPERTIES", "RETURN_PROPERTIES", "OPTIONS"];

/// `api-reference/bizproc/bizproc-robot/bizproc-robot-add`, the types of a property: the nine
/// that every portal has, `file`, those of newer portals, and those of CRM and list documents.
pub(crate) const PROPERTY_TYPES: &[&str] = &[
    "bool",
    "date",
    "datetime",
    "double",
    "int",
    "select",
    "string",
    "text",
    "user",
    "file",
    "internalselect",
    "time",
    "entityselector",
    "document_type",
    "email",
    "phone",
    "web",
    "im",
    "deal_category",
    "deal_stage",
    "lead_status",
    "sms_sender",
    "mail_sender",
    "UF:date",
    "UF:iblock_element",
    "UF:iblock_section",
    "UF:crm_status",
    "UF:crm",
    "UF:money",
    "UF:address",
    "UF:url",
    "E:ECrm",
];

/// Spellings seen in published applications, with the type that was meant.
pub(crate) const MISSPELT_TYPES: &[(&str, &str)] = &[
    ("boolean", "bool"),
    ("integer", "int"),
    ("number", "double"),
    ("float", "double"),
    ("decimal", "double"),
    ("str", "string"),
    ("list", "select"),
    ("enum", "select"),
    ("timestamp", "datetime"),
    ("money", "UF:money"),
    ("address", "UF:address"),
];

/// Modules and their entities whose documents have workflows, by the pages of
/// `bizproc.robot.add`, `bizproc.activity.add` and `bizproc.workflow.start`.
pub(crate) const ENTITIES: &[(&str, &[&str])] = &[
    (
        "crm",
        &[
            "CCrmDocumentLead",
            "CCrmDocumentDeal",
            "CCrmDocumentContact",
            "CCrmDocumentCompany",
            "Bitrix\\Crm\\Integration\\BizProc\\Document\\Quote",
            "Bitrix\\Crm\\Integration\\BizProc\\Document\\SmartInvoice",
            "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic",
            "Bitrix\\Crm\\Integration\\BizProc\\Document\\Order",
        ],
    ),
    (
        "lists",
        &["BizprocDocument", "Bitrix\\Lists\\BizprocDocumentLists"],
    ),
    ("disk", &["Bitrix\\Disk\\BizProcDocument"]),
    (
        "tasks",
        &["Bitrix\\Tasks\\Integration\\Bizproc\\Document\\Task"],
    ),
];

/// `FILTER`: the editions a rule may name, the cloud and the self-hosted one.
pub(crate) const EDITIONS: &[&str] = &["b24", "box"];
