//! Robots over CRM: contacts, companies, leads, deals, smart processes and their tasks.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::definition::DocumentType;
use bizproc_runtime::{ReturnValues, Robot, Select};

/// Изменение дела
#[derive(Robot)]
#[robot(
    code = "R.ACTIVITY_CHANGE",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    returns = Answer,
)]
struct ChangeActivity {
    /// Сообщение об ошибки
    error_log: bool,
    /// ID дела
    #[property(id = "ID")]
    id: Option<String>,
}

#[derive(ReturnValues)]
struct Answer {
    /// Ответ
    #[property(id = "Ok")]
    ok: String,
}

/// Поиск дел
#[derive(Robot)]
#[robot(
    code = "R.ACTIVITY_SEARCH",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    returns = Found,
)]
struct SearchActivities {
    /// Сообщение об ошибки
    error_log: bool,
}

/// Поиск лида
#[derive(Robot)]
#[robot(
    code = "R.LEAD_SEARCH",
    auth_user_id = 1,
    document_type = DocumentType::LEAD,
    returns = Found,
)]
struct SearchLeads;

#[derive(ReturnValues)]
struct Found {
    /// id в строку
    ids: String,
    /// id  для итератератора
    ids_iter: Vec<String>,
    /// Первый элемент списка
    first: String,
    /// Последний элемент списка
    last: String,
    /// Количество найденых элементов
    #[property(id = "cnt")]
    count: String,
}

/// Получения данных по компании
#[derive(Robot)]
#[robot(
    code = "R.COMPANY_GET_DATA",
    auth_user_id = 1,
    document_type = DocumentType::custom("crm", "CCrmDocumentCompany", "Company"),
    wait = always,
)]
struct GetCompany {
    /// ID Компании
    id: u32,
    /// Сообщение об ошибки
    error_log: bool,
}

/// Получения данных по сделке
#[derive(Robot)]
#[robot(
    code = "R.DEAL_GET_DATA",
    auth_user_id = 1,
    document_type = DocumentType::DEAL,
    wait = always,
)]
struct GetDeal {
    /// ID Сделки
    id: u32,
    /// Сообщение об ошибки
    error_log: bool,
}

#[derive(Select)]
#[select(rename_all = "lowercase")]
enum Clear {
    /// Не очищать
    No,
    /// Очистить почту
    Mail,
    /// Очистить телефоны
    Phone,
    /// Очистить всё
    All,
}

/// Изменение контакта
#[derive(Robot)]
#[robot(
    code = "R.CONTACT_CHANGE",
    auth_user_id = 1,
    document_type = DocumentType::LEAD,
    returns = Success,
)]
struct ChangeContact {
    /// Очистить почты и(или) телефоны:
    #[property(id = "clear_mail_and_phons")]
    clear: Option<Clear>,
    /// Сообщение об ошибки
    error_log: bool,
}

/// Изменение лида
#[derive(Robot)]
#[robot(
    code = "R.LEAD_CHANGE",
    auth_user_id = 1,
    document_type = DocumentType::LEAD,
    returns = Success,
)]
struct ChangeLead {}

#[derive(ReturnValues)]
struct Success {
    /// Успешно
    success: String,
}

/// Создает новый элемент смарт процесса
#[derive(Robot)]
#[robot(
    code = "R.SMART_PROCESS_ELEMENT_ADD",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    placement = "/smart-process/element",
    returns = Outcome,
)]
struct AddElement;

#[derive(ReturnValues)]
struct Outcome {
    /// Результат операции
    r#return: String,
}

/// Создает новую стадию смарт процесса
#[derive(Robot)]
#[robot(
    code = "R.SMART_PROCESS_STAGE",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    returns = Outcome,
)]
struct AddStage {
    /// ID процесса
    id: u32,
    /// ID направления
    vector_id: u32,
    /// Название стадии
    name: String,
    /// Сообщение об ошибки
    error_log: bool,
}

/// Изменение смарт процесса
#[derive(Robot)]
#[robot(
    code = "R.SMART_PROCESS_UPDATE",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    returns = Answer,
)]
struct UpdateSmartProcess {
    /// Сообщение об ошибки
    error_log: bool,
}

/// Изменяет направление смарт процесса
#[derive(Robot)]
#[robot(
    code = "R.SMART_PROCESS_VECTOR_UPDATE",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    returns = Outcome,
)]
struct UpdateVector {
    /// ID процесса
    id: u32,
    /// ID направления
    #[property(id = "id_vector")]
    vector_id: u32,
    /// Имя направления
    name: String,
    /// По умолчанию
    default: bool,
    /// Сообщение об ошибки
    error_log: bool,
}

/// Возвращает значения полей задачи
#[derive(Robot)]
#[robot(
    code = "R.TASK_FIELDS",
    auth_user_id = 1,
    document_type = DocumentType::COMPANY,
    wait = always,
)]
struct TaskFields {
    #[property(name = "id задачи")]
    id: String,
    /// Сообщение об ошибки
    error_log: bool,
}

rows! {
    w045: ChangeActivity
        => "PROPERTIES.ID.TYPE: nothing -> string";
    w047: SearchActivities;
    w064: SearchLeads;
    w049: GetCompany;
    w056: GetDeal;
    w051: ChangeContact
        => "PROPERTIES.clear_mail_and_phons.NAME.EN: clear_mail_and_phons -> Очистить почты и(или) телефоны:";
    w062: ChangeLead;
    w066: AddElement;
    w068: AddStage;
    w070: UpdateSmartProcess;
    w072: UpdateVector;
    w074: TaskFields;
}
