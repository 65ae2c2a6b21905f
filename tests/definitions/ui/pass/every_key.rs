use bizproc_runtime::definition::{RobotKind, Wait};
use bizproc_runtime::{DocumentType, Robot, Select};

#[derive(Robot)]
#[robot(
    kind = activity,
    code = "ACME.every-key_9",
    name = "Every key",
    name(ru = "Все ключи", de = "Alle"),
    description(en = "What can be said"),
    handler = "/robots/every",
    placement = "/settings/every",
    auth_user_id = 7,
    document_type = DocumentType::smart_process(147),
    filter(
        include = [["crm"], DocumentType::DEAL, "b24"],
        exclude = [["crm", "CCrmDocumentLead", "LEAD"], "box"],
    ),
    wait = always,
    rename_all = "camelCase",
    crate = "::bizproc_runtime",
)]
struct EveryKey {
    #[property(id = "other", name(ru = "Другое"), name = "Other", description = "A hint", text)]
    note: String,
    #[property(type = "UF:money", default = "{=Document:OPPORTUNITY}")]
    sum: String,
    #[property(options(pdf = "PDF", "word 97" = "Word"), default = "word 97")]
    written_as: String,
    #[property(required)]
    must_be: Vec<Choice>,
}

#[derive(Select)]
#[select(rename_all = "SCREAMING_SNAKE_CASE", crate = "::bizproc_runtime")]
enum Choice {
    /// The first one
    FirstOne,
    #[option(key = "second", title = "Second")]
    SecondOne,
}

#[derive(Robot)]
#[robot(code = "acme_parts", document_type = ["lists", "BizprocDocument", "iblock_33"])]
#[robot(wait = author)]
struct Parts;

fn main() {
    let definition = EveryKey::DEFINITION;
    assert_eq!(definition.kind(), RobotKind::Activity);
    assert_eq!(definition.name().get("de"), Some("Alle"));
    assert_eq!(definition.handler(), "/robots/every");
    assert_eq!(definition.wait_mode(), Wait::Always);
    let ids = definition.properties().iter().map(|input| input.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["other", "sum", "writtenAs", "mustBe"]);
    assert!(definition.properties().iter().all(|input| input.required));
    assert_eq!(Parts::DEFINITION.wait_mode(), Wait::AuthorDecides);
    assert_eq!((Choice::FirstOne.key(), Choice::SecondOne.key()), ("FIRST_ONE", "second"));
}
