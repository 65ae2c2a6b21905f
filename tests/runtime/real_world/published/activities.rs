//! Actions of the workflow designer of applications with few of them.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::definition::DocumentType;
use bizproc_runtime::{ReturnValues, Robot};

/// MD5 generator
///
/// <prose>
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "md5_action",
    name(de = "MD5 Generator"),
    description(de = "<prose>"),
    auth_user_id = 1,
    document_type = DocumentType::list(164),
    filter(include = [["lists"]]),
    returns = Md5Hash,
)]
struct Md5 {
    /// Input string
    ///
    /// <prose>
    #[property(
        id = "inputString",
        name(de = "Eingabestring"),
        description(de = "<prose>"),
        default = "{=Document:NAME}"
    )]
    input: String,
}

#[derive(ReturnValues)]
struct Md5Hash {
    /// MD5
    #[property(id = "outputString", name(de = "MD5"))]
    hash: String,
}

/// Create smart invoice
///
/// <prose>
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "create_smart_invoice",
    auth_user_id = 1,
    filter(include = [["crm", "CCrmDocumentDeal"], ["crm", "CCrmDocumentLead"]]),
    wait = author,
)]
struct CreateSmartInvoice {
    #[property(default = "Invoice for CRM document")]
    invoice_title: String,
    /// Your company ID
    #[property(id = "mycompany_id", default = 1)]
    my_company: u32,
}

/// Message from Chat-bot
///
/// <prose>
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "aa",
    name(ru = "Сообщение от Чат-Бота"),
    description(ru = "<prose>"),
    auth_user_id = 1,
    returns = BotAnswer,
)]
struct BotMessage {
    /// Chat ID
    ///
    /// <prose>
    #[property(id = "ID", name(ru = "ID чата"), description(ru = "<prose>"))]
    chat: String,
    /// Input string
    ///
    /// <prose>
    #[property(id = "Message", name(ru = "Сообщение"), description(ru = "<prose>"))]
    message: String,
}

#[derive(ReturnValues)]
struct BotAnswer {
    /// Message from Chat-bot
    #[property(id = "outputString", name(ru = "Сообщение от Чат-Бота"))]
    message: String,
}

#[derive(Robot)]
#[robot(
    kind = activity,
    code = "UPPERCASED_CODE",
    name = "<name>",
    description = "<prose>",
    handler = "/api/activity_handle.php",
)]
struct Handled;

/// Generate Document
///
/// <prose>
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "generate_document",
    name(ru = "Генерация документа"),
    description(ru = "<prose>"),
    auth_user_id = 1,
    returns = Generated,
)]
struct GenerateDocument {
    /// Template ID
    #[property(id = "template_id", name(ru = "ID шаблона на Диске"))]
    template: String,
    /// Folder ID
    #[property(id = "folder_id", name(ru = "ID папки для сохранения"))]
    folder: String,
    /// Filename
    #[property(name(ru = "Имя файла"))]
    filename: String,
    /// Template variables (KEY|VALUE)
    #[property(name(ru = "Переменные шаблона (KEY|VALUE)"))]
    variables: Vec<String>,
    #[property(name(
        en = "Signatures (PLACEHOLDER|FILE_ID)",
        ru = "Подписи (PLACEHOLDER|FILE_ID)"
    ))]
    signatures: Vec<String>,
}

#[derive(ReturnValues)]
struct Generated {
    /// Generated file ID
    #[property(id = "file_id", name(ru = "ID сгенерированного файла"))]
    file: String,
}

/// Contur-Focus Legacity check
///
/// <prose>
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "contur-focus",
    name(ru = "Проверка сервисом Контур-Фокус"),
    description(ru = "<prose>"),
    returns = Checked,
)]
struct ConturFocus {
    /// Entity name
    ///
    /// <prose>
    #[property(
        id = "q",
        name(ru = "Наименоваание организации"),
        description(ru = "<prose>"),
        default = "{=Document:NAME}"
    )]
    name: String,
}

#[derive(ReturnValues)]
struct Checked {
    /// MD5
    #[property(id = "outputString", name(ru = "MD5"))]
    output: String,
}

/// Сумма прописью
///
/// <prose>
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "utils-bitrix-app.amount2words",
    rename_all = "SCREAMING_SNAKE_CASE",
    returns = AmountStatus,
)]
struct AmountInWords {
    /// Исходная сумма
    ///
    /// <prose>
    source_amount: String,
    /// Сумма прописью
    ///
    /// <prose>
    result: String,
}

#[derive(ReturnValues)]
#[return_values(rename_all = "UPPERCASE")]
struct AmountStatus {
    /// Статус операции
    status: String,
}

rows! {
    w042: Md5;
    w044: CreateSmartInvoice;
    w092: BotMessage;
    w102: Handled
        => "AUTH_USER_ID: nothing -> 7",
        "CODE: <UPPERCASED code> -> UPPERCASED_CODE",
        "USE_SUBSCRIPTION: nothing -> N";
    w094: GenerateDocument;
    w099: ConturFocus
        => "AUTH_USER_ID: nothing -> 7",
        "USE_SUBSCRIPTION: nothing -> Y";
    w097: AmountInWords => "AUTH_USER_ID: nothing -> 7";
}
