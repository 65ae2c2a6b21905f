//! Every derive, in words that all editions know.

use robots::{Properties, Property, ReturnValues, Robot, Select};

/// Create document
#[derive(Debug, PartialEq, Robot)]
#[robot(
    code = "acme_document",
    returns = Created<'static>,
    filter(include = [robots::DocumentType::DEAL]),
    crate = "::robots"
)]
pub struct CreateDocument<T> {
    /// Format
    #[property(default = Format::Pdf)]
    pub format: Format,
    /// A word that edition 2024 keeps for itself
    pub r#gen: Option<String>,
    /// A word of every edition
    pub r#async: Vec<bool>,
    /// Any value
    pub value: T,
    /// Whose
    #[property(flatten)]
    pub account: Account,
}

/// What several robots ask for.
#[derive(Debug, PartialEq, Properties)]
#[properties(rename_all = "camelCase", crate = "::robots")]
pub struct Account {
    /// Number
    pub account_number: Number,
}

/// The number of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Property)]
#[property(crate = "::robots")]
pub struct Number(pub u32);

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Select)]
#[select(rename_all = "lowercase", crate = "::robots")]
pub enum Format {
    /// PDF
    Pdf,
    /// Word
    Docx,
}

/// The document.
#[derive(Debug, PartialEq, ReturnValues)]
#[return_values(crate = "::robots")]
pub struct Created<'a> {
    /// Its name
    pub document: std::borrow::Cow<'a, str>,
    /// Pages
    #[property(default = 1)]
    pub pages: u16,
}

#[cfg(test)]
mod tests {
    use robots::form::{Form, Limits};
    use robots::property::{Culture, InputProperties};

    use super::*;

    #[test]
    fn a_robot_is_registered_read_and_answered() {
        let inputs = CreateDocument::<f64>::DEFINITION.properties();
        let ids = inputs.iter().map(|input| input.id).collect::<Vec<_>>();
        assert_eq!(ids, ["format", "gen", "async", "value", "accountNumber"]);

        let body = b"properties[format]=docx&properties[async][0]=Y&properties[value]=1,5\
            &properties[accountNumber]=7";
        let (form, culture) = (Form::decode(body, &Limits::default()), Culture::default());
        let robot = CreateDocument::from_properties(&InputProperties::new(&form, &culture));
        let expected = CreateDocument {
            format: Format::Docx,
            r#gen: None,
            r#async: vec![true],
            value: 1.5,
            account: Account {
                account_number: Number(7),
            },
        };
        assert_eq!(robot, Ok(expected));

        let created = Created {
            document: "a".into(),
            pages: 2,
        };
        let values = created.to_values(&culture);
        assert_eq!(
            (&values["document"], &values["pages"]),
            (&"a".into(), &2.into())
        );
    }
}
