//! The document that a step runs on, as entered in a form.

use crate::model::document::Document;
use crate::rules::dialog::DOCUMENT_KINDS;
use crate::rules::php::{Array, Value};

/// The choice of a document of another kind.
const OTHER: &str = "other";

/// The controls of the document.
#[derive(Debug, Clone)]
pub(crate) struct DocumentForm {
    /// The place of its kind in the table, or `other`.
    pub(crate) kind: String,
    pub(crate) number: String,
    /// `module, entity, id` and `module, entity, type` of another one.
    pub(crate) other_id: String,
    pub(crate) other_type: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Default for DocumentForm {
    fn default() -> Self {
        let document = Document::default();
        Self {
            kind: "0".to_owned(),
            number: "17".to_owned(),
            other_id: String::new(),
            other_type: String::new(),
            fields: document
                .all()
                .map(|(name, value)| (name, value.to_text()))
                .collect(),
        }
    }
}

impl DocumentForm {
    pub(crate) fn read(posted: &Array) -> Self {
        let text = |name: &str| posted.get(name).map(Value::to_text).unwrap_or_default();
        let rows = posted.get("document_fields").and_then(Value::as_array);
        let field = |row: &Value| {
            let columns = row.as_array()?;
            let part = |name: &str| columns.get(name).map(Value::to_text).unwrap_or_default();
            let name = part("name").trim().to_owned();
            (!name.is_empty()).then(|| (name, part("value")))
        };
        Self {
            kind: text("document_kind"),
            number: text("document_number").trim().to_owned(),
            other_id: text("document_id"),
            other_type: text("document_type"),
            fields: rows
                .into_iter()
                .flat_map(Array::values)
                .filter_map(field)
                .collect(),
        }
    }

    /// The document, or what is wrong with it.
    pub(crate) fn document(&self) -> Result<Document, &'static str> {
        let known = self
            .kind
            .parse()
            .ok()
            .and_then(|index: usize| DOCUMENT_KINDS.get(index));
        let document = match known {
            Some(kind) => {
                let [module, entity, _] = kind.document_type;
                let id = format!("{}{}", kind.id_prefix, self.number);
                Document::new([module, entity, &id], kind.document_type)
            }
            None if self.kind == OTHER => {
                let wrong =
                    "A document is named by a module, an entity and an id, separated by commas.";
                let id = triple(&self.other_id).ok_or(wrong)?;
                let kind = triple(&self.other_type).ok_or(wrong)?;
                Document::new(id, kind)
            }
            None => return Err("There is no such kind of document."),
        };
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if known.is_some() && !is_number(&self.number) {
            return Err("The number of a document consists of digits.");
        }
        let fields = self.fields.iter();
        Ok(fields.fold(document, |document, (name, value)| {
            document.field(name, value.as_str())
        }))
    }

    /// Returns `[module, entity, type]`, or a deal's while the form is invalid.
    pub(crate) fn document_type(&self) -> [String; 3] {
        let document = self.document().unwrap_or_default();
        document.document_type().map(str::to_owned)
    }
}

fn triple(text: &str) -> Option<[&str; 3]> {
    let mut parts = text.split(',').map(str::trim);
    let triple = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && triple.iter().all(|part| !part.is_empty())).then_some(triple)
}

#[cfg(test)]
mod tests {
    use super::DocumentForm;

    #[test]
    fn a_document_is_named_by_kind_and_number_or_by_triples() {
        let form = DocumentForm::default();
        let document = form.document().unwrap();
        assert_eq!(
            document.document_id(),
            ["crm", "CCrmDocumentDeal", "DEAL_17"]
        );

        let process = DocumentForm {
            kind: "other".to_owned(),
            other_id: "lists, BizprocDocument, 21020".to_owned(),
            other_type: "lists,BizprocDocument,iblock_72".to_owned(),
            ..form.clone()
        };
        let document = process.document().unwrap();
        assert_eq!(
            document.document_type(),
            ["lists", "BizprocDocument", "iblock_72"]
        );

        for wrong in [
            DocumentForm {
                number: "x".to_owned(),
                ..form.clone()
            },
            DocumentForm {
                kind: "99".to_owned(),
                ..form.clone()
            },
            DocumentForm {
                other_id: "a,b".to_owned(),
                ..process.clone()
            },
            DocumentForm {
                other_type: "a,b,c,d".to_owned(),
                ..process
            },
        ] {
            assert!(wrong.document().is_err(), "{wrong:?}");
        }
    }
}
