//! Activities of one company's own application, labelled in Russian only.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::{ReturnValues, Robot, Select};
use jiff::civil::Date;

#[derive(ReturnValues)]
struct IsTrue {
    #[property(id = "isTrue", name(en = "result", ru = "Результат"))]
    is_true: bool,
}

/// Check a budget item
///
/// Checks whether an item belongs to an object.
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "getStatOfObj",
    name(ru = "Проверка статьи"),
    description(ru = "<prose>"),
    auth_user_id = 839,
    returns = IsTrue,
)]
struct CheckItem {
    /// Budget item
    ///
    /// As it is written in the estimate.
    #[property(id = "stat", name(ru = "Статья"), description(ru = "<prose>"))]
    item: String,
    /// Object
    ///
    /// The building or the field.
    #[property(id = "obj", name(ru = "Объект"), description(ru = "<prose>"))]
    object: String,
}

/// Day of the week, number of the week, number of the month
///
/// Takes a date apart.
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "getDays",
    name(ru = "Получить день недели, номер недели, номер месяца"),
    description(ru = "<prose>"),
    auth_user_id = 1,
    returns = Days,
)]
struct GetDays {
    /// Current date
    ///
    /// Any date will do.
    #[property(
        id = "date_now",
        name(ru = "Текущая дата"),
        description(ru = "<prose>")
    )]
    now: Date,
}

#[derive(ReturnValues)]
struct Days {
    #[property(name(en = "day of week", ru = "День недели"))]
    day: String,
    /// Num of week
    #[property(name(ru = "Номер недели"))]
    week: String,
    /// Num of month
    #[property(name(ru = "Номер месяцп"))]
    month: String,
    /// Num of year
    #[property(name(ru = "Год"))]
    year: String,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Element {
    /// Контакт
    Contact,
    /// Компания
    Company,
    /// Сделка
    Deal,
    /// Лид
    Lead,
}

/// Number of the last document
///
/// The last document that was generated for an element.
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "getLastNumDoc",
    name(ru = "Получение № документа"),
    description(ru = "<prose>"),
    auth_user_id = 1,
    rename_all = "camelCase",
    returns = LastDocument,
)]
struct GetLastDocument {
    /// Type of the element
    ///
    /// What the document was generated for.
    #[property(name(ru = "Тип элемента"), description(ru = "<prose>"))]
    element_type: Element,
    /// ID of the element
    ///
    /// Its number in CRM.
    #[property(name(ru = "ID элемента"), description(ru = "<prose>"))]
    id: String,
}

#[derive(ReturnValues)]
#[return_values(rename_all = "PascalCase")]
struct LastDocument {
    /// Date create
    #[property(name(ru = "Дата создания"))]
    date: String,
    /// Document number
    #[property(name(ru = "Номер документа"))]
    number: String,
    /// Document id
    #[property(id = "FileID", name(ru = "ID файла"))]
    file_id: String,
    /// Document url doc
    #[property(id = "DownloadURLdoc", name(ru = "URL Doc"))]
    doc_url: String,
    /// Document url pdf
    #[property(name(ru = "URL PDF"))]
    pdf_url: String,
}

#[derive(Select)]
enum RequisiteType {
    /// Физ. лицо
    #[option(key = "person")]
    Person,
    /// Юр. лицо
    #[option(key = "company")]
    Company,
    /// ИП
    #[option(key = "entrepreneur")]
    Entrepreneur,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Owner {
    /// Контакт
    Contact,
    /// Компания
    Company,
}

/// Add requisites
///
/// Adds requisites to a contact or a company.
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "requisiteAdd",
    name(ru = "Создать Реквизиты"),
    description(ru = "<prose>"),
    auth_user_id = 1,
    rename_all = "camelCase",
    returns = Added,
)]
struct AddRequisites {
    /// Type of the requisites
    ///
    /// Whom they belong to.
    #[property(name(ru = "Тип реквизита"), description(ru = "<prose>"))]
    requisite_type: RequisiteType,
    /// Type of the element
    ///
    /// Where they are added.
    #[property(
        id = "elementType",
        name(ru = "Тип элемента"),
        description(ru = "<prose>")
    )]
    owner: Owner,
    /// ID of the element
    ///
    /// Its number in CRM.
    #[property(name(ru = "ID элемента"), description(ru = "<prose>"))]
    id: String,
}

#[derive(ReturnValues)]
struct Added {
    /// Result
    #[property(name(ru = "Результат"))]
    result: String,
}

/// Grant rights to documents
///
/// Lets employees see the documents of a process.
#[derive(Robot)]
#[robot(
    kind = activity,
    code = "rusagroDocPrava",
    name(ru = "Добавление прав к документам"),
    description(ru = "<prose>"),
    auth_user_id = 223,
    returns = IsTrue,
)]
struct GrantRights {
    /// IDs of the employees
    ///
    /// Their numbers on the portal.
    #[property(required, name(ru = "ID сотрудников"), description(ru = "<prose>"))]
    users: Vec<String>,
    /// IDs of the documents
    ///
    /// Their numbers in the archive.
    #[property(
        id = "docID",
        required,
        name(ru = "ID документов"),
        description(ru = "<prose>")
    )]
    documents: Vec<String>,
    /// ID of the process
    ///
    /// Its number in the feed.
    #[property(
        id = "processID",
        name(ru = "ID процесса"),
        description(ru = "<prose>")
    )]
    process: String,
}

rows! {
    w001: CheckItem
        => "USE_SUBSCRIPTION: nothing -> Y",
        "RETURN_PROPERTIES.isTrue.TYPE: boolean -> bool";
    w003: GetDays
        => "USE_SUBSCRIPTION: nothing -> Y";
    w005: GetLastDocument
        => "USE_SUBSCRIPTION: nothing -> Y",
        r#"PROPERTIES.elementType.OPTIONS: ["Контакт","Компания","Сделка","Лид"] -> {"contact":"Контакт","company":"Компания","deal":"Сделка","lead":"Лид"}"#;
    w007: AddRequisites
        => "USE_SUBSCRIPTION: nothing -> Y",
        r#"PROPERTIES.requisiteType.OPTIONS: ["Физ. лицо","Юр. лицо","ИП"] -> {"person":"Физ. лицо","company":"Юр. лицо","entrepreneur":"ИП"}"#,
        r#"PROPERTIES.elementType.OPTIONS: ["Контакт","Компания"] -> {"contact":"Контакт","company":"Компания"}"#;
    w009: GrantRights
        => "USE_SUBSCRIPTION: nothing -> Y",
        "RETURN_PROPERTIES.isTrue.TYPE: boolean -> bool";
}
