//! The limits, reserved words and type names of Bitrix24, each with its place in the platform's
//! documentation.

/// The number of characters that the portal stores of a robot's code (`bizproc.robot.add`,
/// parameter `CODE`).
pub(crate) const CODE_MAX_CHARS: usize = 128;

/// The length of a path. `HANDLER` and `PLACEMENT_HANDLER` hold at most 1000 characters, of which
/// the public address may use 800.
pub(crate) const PATH_MAX_CHARS: usize = 200;

/// Codes that several vendors are likely to choose. `bizproc.robot.add` with `USE_PLACEMENT`
/// refuses a code for which another application on the portal has a settings page.
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

/// Ids that a workflow step uses itself. A property with such an id, in upper or lower case,
/// receives and overwrites the step's own value.
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

/// Ids below which the portal no longer folds the names of attributes.
pub(crate) const STRUCTURE_IDS: &[&str] = &["PROPERTIES", "RETURN_PROPERTIES", "OPTIONS"];

/// The types of a property (`api-reference/bizproc/bizproc-robot/bizproc-robot-add`): the nine of
/// every portal, `file`, those of newer portals, and those of CRM and list documents.
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

/// Misspelt types from published applications, with the type that was meant.
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

/// The modules whose documents have workflows, each with its entities, according to the pages of
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

/// The editions that a rule of `FILTER` may name: the cloud and the self-hosted one.
pub(crate) const EDITIONS: &[&str] = &["b24", "box"];
