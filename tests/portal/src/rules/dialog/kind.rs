use crate::rules::settings::BaseTypes;

/// The kind of a property's `TYPE` for a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    LongText,
    Int,
    Double,
    Bool,
    Date,
    DateTime,
    Time,
    Select,
    InternalSelect,
    User,
    File,
    /// A type of the document's, whose values are stored as they are typed.
    OfDocument,
    /// There is no `TYPE`: the form stores nothing.
    Missing,
    /// Neither a type of the portal nor of the document.
    Unknown,
}

/// Types that documents of CRM add.
const OF_CRM: [&str; 17] = [
    "email",
    "phone",
    "web",
    "im",
    "deal_category",
    "deal_stage",
    "lead_status",
    "sms_sender",
    "mail_sender",
    "uf:date",
    "uf:iblock_element",
    "uf:iblock_section",
    "uf:crm_status",
    "uf:crm",
    "uf:money",
    "uf:address",
    "uf:url",
];

impl Kind {
    /// The kind of a type in lower case, for documents of a module.
    pub(crate) fn from_name(name: &str, base: BaseTypes, module: &str) -> Self {
        match name {
            "" => Self::Missing,
            "string" => Self::Text,
            "text" => Self::LongText,
            "int" => Self::Int,
            "double" => Self::Double,
            "bool" => Self::Bool,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "time" if base >= BaseTypes::Time => Self::Time,
            "select" => Self::Select,
            "internalselect" => Self::InternalSelect,
            "user" => Self::User,
            "file" => Self::File,
            "entityselector" | "document_type" if base >= BaseTypes::EntitySelector => {
                Self::OfDocument
            }
            crm if module == "crm" && OF_CRM.contains(&crm) => Self::OfDocument,
            "e:ecrm" if module == "lists" => Self::OfDocument,
            _ => Self::Unknown,
        }
    }

    /// Returns the control's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long-text",
            Self::Int => "int",
            Self::Double => "double",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Select => "select",
            Self::InternalSelect => "internal-select",
            Self::User => "user",
            Self::File => "file",
            Self::OfDocument => "of-document",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the form has a control for it.
    pub(crate) fn is_usable(self) -> bool {
        !matches!(self, Self::Missing | Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::rules::settings::BaseTypes;

    #[test]
    fn newer_types_are_unknown_before_their_version() {
        for (base, time, selector) in [
            (BaseTypes::Classic, Kind::Unknown, Kind::Unknown),
            (BaseTypes::Time, Kind::Time, Kind::Unknown),
            (BaseTypes::EntitySelector, Kind::Time, Kind::OfDocument),
        ] {
            assert_eq!(Kind::from_name("time", base, "crm"), time);
            assert_eq!(Kind::from_name("entityselector", base, "crm"), selector);
        }
    }

    #[test]
    fn types_of_documents_need_their_module() {
        let kind = |name, module| Kind::from_name(name, BaseTypes::Classic, module);
        assert_eq!(kind("uf:money", "crm"), Kind::OfDocument);
        assert_eq!(kind("uf:money", "lists"), Kind::Unknown);
        assert_eq!(kind("e:ecrm", "lists"), Kind::OfDocument);
        assert_eq!(kind("e:ecrm", "crm"), Kind::Unknown);
        assert_eq!(kind("boolean", "crm"), Kind::Unknown);
        assert_eq!(kind("", "crm"), Kind::Missing);
    }
}
