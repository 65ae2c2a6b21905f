//! Tasks and delays, each registered as a robot and, under another code, as an activity.
#![expect(dead_code, reason = "the definitions are registered, never run")]

use bizproc_runtime::definition::DocumentType;
use bizproc_runtime::{ReturnValues, Robot, UserRef};
use jiff::civil::DateTime;

/// A definition is of one kind, so what is offered in both places is two of them.
macro_rules! robot_and_activity {
    (
        #[doc = $name:literal]
        $robot:ident: $robot_code:literal, $activity:ident: $activity_code:literal,
        $returns:ident, $fields:tt
    ) => {
        #[doc = $name]
        #[derive(Robot)]
        #[robot(
            code = $robot_code,
            rename_all = "camelCase",
            document_type = DocumentType::DEAL,
            returns = $returns,
        )]
        struct $robot $fields

        #[doc = $name]
        #[derive(Robot)]
        #[robot(
            kind = activity,
            code = $activity_code,
            rename_all = "camelCase",
            document_type = DocumentType::DEAL,
            returns = $returns,
        )]
        struct $activity $fields
    };
}

robot_and_activity! {
    /// Остановка Бизнес-процесса
    DelayRobot: "R.DELAY_BIZ", DelayActivity: "A.DELAY_BIZ", Linked, {
        /// Время в секундах
        seconds: u32,
    }
}

robot_and_activity! {
    /// Создание комментария к задаче
    AddCommentRobot: "R.TASKS_ADD_COMMENT", AddCommentActivity: "A.TASKS_ADD_COMMENT", Updated, {
        /// Идентификатор задачи
        #[property(id = "taskIdFrom")]
        task: u32,
        /// ID автора комментария
        #[property(id = "authorId")]
        author: UserRef,
        /// Сообщение
        post_message: String,
    }
}

robot_and_activity! {
    /// Изменение времени задач
    ChangeDateRobot: "R.TASKS_CHANGE_DATE", ChangeDateActivity: "A.TASKS_CHANGE_DATE", Changed, {
        /// Идентификатор задачи
        task_id: u32,
        /// Дата и время начала
        #[property(id = "dateFrom")]
        start: Option<DateTime>,
        /// Дата и время окончания
        #[property(id = "dateTo")]
        end: Option<DateTime>,
    }
}

robot_and_activity! {
    /// Возобновление задачи
    RenewRobot: "R.TASKS_RENEW", RenewActivity: "A.TASKS_RENEW", Renewed, {
        /// Идентификатор задачи
        task_id: u32,
    }
}

/// Возврат на предыдущую стадию
#[derive(Robot)]
#[robot(code = "R.DEAL_BACK_STAGE", document_type = DocumentType::DEAL, returns = Linked)]
struct BackStage {
    /// Идентификатор сделки
    #[property(id = "dealIdFrom")]
    deal: u32,
}

#[derive(ReturnValues)]
struct Linked {
    /// Связь установлена
    is_success: i32,
}

#[derive(ReturnValues)]
struct Updated {
    /// Задача обновлена
    is_success: i32,
}

#[derive(ReturnValues)]
struct Changed {
    /// Задача изменена
    is_success: i32,
}

#[derive(ReturnValues)]
struct Renewed {
    /// Задача возобновлена
    is_success: i32,
}

rows! {
    w058: DelayRobot => "AUTH_USER_ID: nothing -> 7";
    w059: DelayActivity => "AUTH_USER_ID: nothing -> 7";
    w077: AddCommentRobot => "AUTH_USER_ID: nothing -> 7";
    w076: AddCommentActivity => "AUTH_USER_ID: nothing -> 7";
    w081: ChangeDateRobot => "AUTH_USER_ID: nothing -> 7";
    w080: ChangeDateActivity => "AUTH_USER_ID: nothing -> 7";
    w085: RenewRobot => "AUTH_USER_ID: nothing -> 7";
    w084: RenewActivity => "AUTH_USER_ID: nothing -> 7";
    w053: BackStage => "AUTH_USER_ID: nothing -> 7";
}
