//! Automation rules of applications with few of them.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::definition::DocumentType;
use bizproc_runtime::{ReturnValues, Robot, Select, Text, UserRef};
use jiff::civil::{Date, DateTime};

#[derive(Select)]
enum Owner {
    #[option(key = "CRM_LEAD")]
    Lead,
    #[option(key = "CRM_DEAL")]
    Deal,
    #[option(key = "CRM_QUOTE")]
    Quote,
    #[option(key = "CRM_SMART_INVOICE")]
    Invoice,
}

#[derive(Robot)]
#[robot(
    code = "PdfFromHtml",
    name = "<from i18n at install>",
    auth_user_id = 1,
    placement = "/pdf/settings",
    filter(include = [["crm", "CCrmDocumentLead"], ["crm", "CCrmDocumentDeal"]]),
    rename_all = "camelCase",
    returns = Rendered,
)]
struct PdfFromHtml {
    /// Entity Type
    #[property(id = "entityTypeId")]
    entity_type: Owner,
    /// Entity Id
    entity_id: u32,
    /// Document region
    #[property(id = "documentRegionList")]
    region: String,
}

#[derive(ReturnValues)]
struct Rendered {
    #[property(id = "documentId", name = "rendered document id")]
    id: u32,
}

/// Send notification
///
/// <prose>
#[derive(Robot)]
#[robot(
    code = "send_notification",
    name(ru = "Отправить уведомление"),
    description(ru = "<prose>"),
    auth_user_id = 1
)]
struct SendNotification;

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Format {
    /// PDF
    Pdf,
    /// DOCX
    Docx,
    /// XLSX
    Xlsx,
}

/// Create document
#[derive(Robot)]
#[robot(
    code = "create_document",
    name(ru = "Создать документ"),
    auth_user_id = 1,
    returns = Document,
)]
struct CreateDocument {
    /// Document type
    #[property(id = "doc_type", name(ru = "Тип документа"), default = Format::Pdf)]
    format: Format,
    /// Document title
    #[property(id = "doc_title", name(ru = "Название документа"))]
    title: String,
    /// Include attachments
    #[property(name(ru = "Включить вложения"), default = false)]
    include_attachments: Option<bool>,
}

#[derive(ReturnValues)]
struct Document {
    #[property(
        id = "document_url",
        name(en = "Document URL", ru = "Ссылка на документ")
    )]
    url: String,
    #[property(id = "document_id", name(en = "Document ID", ru = "ID документа"))]
    id: String,
}

#[derive(Select)]
#[select(rename_all = "UPPERCASE")]
enum Currency {
    /// Доллар США
    Usd,
    /// Евро
    Eur,
    /// Фунт стерлингов
    Gbp,
}

/// Get currency rate
#[derive(Robot)]
#[robot(code = "get_currency_rate", name(ru = "Получить курс валюты"), returns = Rate)]
struct GetCurrencyRate {
    /// Currency code
    #[property(id = "currency_code", name(ru = "Код валюты"), default = Currency::Usd)]
    currency: Currency,
}

#[derive(ReturnValues)]
struct Rate {
    /// Rate
    #[property(name(ru = "Курс"))]
    rate: f64,
    /// Rate date
    #[property(name(ru = "Дата курса"))]
    date: Date,
}

#[derive(Robot)]
#[robot(
    code = "sdk_test_robot",
    name = "<sdk> Test Robot",
    description = "<prose>",
    document_type = DocumentType::DEAL,
    filter(include = [["crm"]]),
    returns = TestResult,
)]
struct TestRobot {
    /// Input field
    ///
    /// <prose>
    #[property(id = "inputField", default = "{=Document:NAME}")]
    input: String,
}

#[derive(ReturnValues)]
struct TestResult {
    /// Robot Result
    #[property(id = "outputField")]
    output: String,
}

#[derive(Robot)]
#[robot(
    code = "http_request_robot",
    name(en = "[SYNITY]", ru = "[SYNITY]"),
    description(en = "<prose>", ru = "<prose>"),
    auth_user_id = 1,
    placement = "/http/settings",
    returns = HttpResponse,
)]
struct HttpRequest {
    /// Configuration (JSON)
    #[property(name(ru = "Конфигурация (JSON)"))]
    config: Option<Text>,
}

#[derive(ReturnValues)]
struct HttpResponse {
    /// Response Body
    ///
    /// <prose>
    #[property(
        id = "responseBody",
        name(ru = "Тело ответа"),
        description(ru = "<prose>")
    )]
    body: Text,
    /// Status Code
    ///
    /// <prose>
    #[property(
        id = "statusCode",
        name(ru = "Код статуса"),
        description(ru = "<prose>")
    )]
    status: u16,
    /// Response Headers (JSON)
    ///
    /// <prose>
    #[property(id = "responseHeaders", text)]
    #[property(name(ru = "Заголовки ответа (JSON)"), description(ru = "<prose>"))]
    headers: String,
    /// Error Message
    ///
    /// <prose>
    #[property(name(ru = "Сообщение об ошибке"), description(ru = "<prose>"))]
    error: Option<String>,
    output_1: Option<Text>,
    output_2: Option<Text>,
    output_3: Option<Text>,
    output_4: Option<Text>,
    output_5: Option<Text>,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Choice {
    /// one
    One,
    /// two
    Two,
}

#[derive(Robot)]
#[robot(code = "robot", name = "Robot", auth_user_id = 1)]
struct EveryType {
    /// Да/Нет
    bool: bool,
    /// Дата
    date: Option<Date>,
    /// Дата/Время
    datetime: Option<DateTime>,
    /// Число
    double: f64,
    /// Целое число
    int: Option<i64>,
    /// Список
    select: Option<Choice>,
    /// Строка
    #[property(default = "default string value")]
    string: Option<String>,
    /// Текст
    text: Option<Text>,
    /// Пользователь
    user: Option<UserRef>,
}

#[derive(Select)]
#[select(rename_all = "snake_case")]
enum Entity {
    /// Лид
    Lead,
    /// Контакт
    Contact,
    /// Компания
    Company,
    /// Сделка
    Deal,
    /// Смарт-процесс
    SmartProcess,
}

#[derive(Robot)]
#[robot(
    code = "robot_task_result_to_entity",
    name = "Записать результат задачи в сущность (LeadSpace)",
    auth_user_id = 1,
    returns = Written,
)]
struct WriteTaskResult {
    /// ID задачи
    task_id: u32,
    /// Тип сущности
    entity_type: Entity,
    /// ID сущности
    entity_id: u32,
    /// Код поля для файлов
    field_code: String,
    /// ID смарт-процесса
    smart_process_id: Option<u32>,
}

#[derive(ReturnValues)]
struct Written {
    /// Успешно
    success: bool,
    /// Кол-во файлов
    files_count: u32,
    /// ID файлов
    files_ids: String,
    /// Текст
    text_result: String,
    /// Сообщение
    message: String,
}

/// Format Phone
///
/// <prose>
#[derive(Robot)]
#[robot(
    code = "format_phone",
    name(ru = "Форматировать телефон"),
    description(ru = "<prose>"),
    auth_user_id = 1,
    returns = Formatted,
)]
struct FormatPhone {
    /// Phone
    #[property(name(ru = "Телефон"))]
    phone: String,
    /// Default country code
    #[property(name(ru = "Код страны по умолчанию"), default = "7")]
    default_country_code: Option<String>,
}

#[derive(ReturnValues)]
struct Formatted {
    /// Formatted phone
    #[property(id = "formatted_phone", name(ru = "Форматированный телефон"))]
    phone: String,
    /// Digits only
    #[property(name(ru = "Только цифры"))]
    digits_only: String,
    /// Is valid
    #[property(name(ru = "Валиден"))]
    is_valid: bool,
}

rows! {
    w033: PdfFromHtml
        => "USE_SUBSCRIPTION: N -> Y",
        "PROPERTIES.documentRegionList.TYPE: select -> string";
    w035: SendNotification;
    w037: CreateDocument;
    w039: GetCurrencyRate => "AUTH_USER_ID: nothing -> 7";
    w106: TestRobot
        => "AUTH_USER_ID: nothing -> 7",
        "CODE: <sdk>_test_robot -> sdk_test_robot";
    w031: HttpRequest;
    w103: EveryType => "USE_SUBSCRIPTION: nothing -> N";
    w091: WriteTaskResult => "USE_SUBSCRIPTION: nothing -> Y";
    w088: FormatPhone;
}
