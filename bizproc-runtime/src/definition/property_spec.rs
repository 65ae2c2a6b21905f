//! The specification of one property.

use super::Label;

/// The type of a property, as the platform names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PropertyType {
    /// `bool`: yes or no.
    Bool,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `double`: a number with a fraction.
    Double,
    /// `int`: a whole number.
    Int,
    /// `select`: one of the property's options.
    Select,
    /// `string`: one line of text.
    String,
    /// `text`: several lines of text.
    Text,
    /// `user`: a user, or a role or group that the author chose.
    User,
    /// `file`: the number of a file; documented since 2026, and experimental.
    File,
    /// Any other type, such as `UF:money`: the forms of some documents know it, and its values are
    /// sent unchanged.
    Other(&'static str),
}

impl PropertyType {
    /// The platform's name of the type.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Double => "double",
            Self::Int => "int",
            Self::Select => "select",
            Self::String => "string",
            Self::Text => "text",
            Self::User => "user",
            Self::File => "file",
            Self::Other(name) => name,
        }
    }

    /// The type with this name.
    pub(crate) const fn from_name(name: &'static str) -> Self {
        match name.as_bytes() {
            b"bool" => Self::Bool,
            b"date" => Self::Date,
            b"datetime" => Self::DateTime,
            b"double" => Self::Double,
            b"int" => Self::Int,
            b"select" => Self::Select,
            b"string" => Self::String,
            b"text" => Self::Text,
            b"user" => Self::User,
            b"file" => Self::File,
            _ => Self::Other(name),
        }
    }
}

/// One option of a `select` property: the key that is sent, and the title that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SelectOption {
    /// The key that calls and replies carry.
    pub key: &'static str,
    /// The title that the form shows.
    pub title: &'static str,
}

impl SelectOption {
    /// Creates an option with this key and title.
    #[must_use]
    pub const fn new(key: &'static str, title: &'static str) -> Self {
        Self { key, title }
    }
}

/// The value of a property until its form is saved for the first time (`DEFAULT`), as the platform
/// writes it: `Y` or `N`, digits, an option's key, or an expression such as `{=Document:NAME}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// No value.
    None,
    /// One value.
    One(&'static str),
    /// The values of a multiple property.
    List(&'static [&'static str]),
}

/// The specification of one property or return value, as the portal registers it.
///
/// ```
/// use bizproc_runtime::definition::{PropertySpec, PropertyType, SelectOption};
///
/// const FORMAT: PropertySpec = PropertySpec::new("format", PropertyType::Select)
///     .name(&[("en", "Format")])
///     .options(&[SelectOption::new("pdf", "PDF"), SelectOption::new("docx", "Word")])
///     .default("pdf")
///     .required();
/// assert_eq!(FORMAT.id, "format");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PropertySpec {
    /// The id: a latin letter, then latin letters, digits and `_`. It is unique, ignoring case, among
    /// all properties and return values of a robot.
    pub id: &'static str,
    /// The label.
    pub name: Label,
    /// The hint.
    pub description: Label,
    /// The type.
    pub property_type: PropertyType,
    /// Whether the settings form requires a value. At run time the value may be missing nevertheless.
    pub required: bool,
    /// Whether the property holds a list.
    pub multiple: bool,
    /// The options of a `select`.
    pub options: &'static [SelectOption],
    /// The value until the form is saved for the first time.
    pub default: DefaultValue,
    /// The minimum and the maximum of the Rust type, for whole numbers.
    pub(crate) range: (i64, i64),
    /// Whether 0 is a value of the Rust type.
    pub(crate) zero: bool,
}

impl PropertySpec {
    /// Creates a property that holds one value and is not required.
    #[must_use]
    pub const fn new(id: &'static str, property_type: PropertyType) -> Self {
        Self {
            id,
            name: Label::EMPTY,
            description: Label::EMPTY,
            property_type,
            required: false,
            multiple: false,
            options: &[],
            default: DefaultValue::None,
            range: (i64::MIN, i64::MAX),
            zero: true,
        }
    }

    /// Sets the label, a text for each language.
    #[must_use]
    pub const fn name(mut self, texts: &'static [(&'static str, &'static str)]) -> Self {
        self.name = Label::new(texts);
        self
    }

    /// Sets the hint, a text for each language.
    #[must_use]
    pub const fn description(mut self, texts: &'static [(&'static str, &'static str)]) -> Self {
        self.description = Label::new(texts);
        self
    }

    /// Makes the form require a value.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Makes the property hold a list.
    #[must_use]
    pub const fn multiple(mut self) -> Self {
        self.multiple = true;
        self
    }

    /// Sets the options of a `select`.
    #[must_use]
    pub const fn options(mut self, options: &'static [SelectOption]) -> Self {
        self.options = options;
        self
    }

    /// Sets the default of a single property.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = DefaultValue::One(value);
        self
    }

    /// Sets the defaults of a multiple property.
    #[must_use]
    pub const fn default_list(mut self, values: &'static [&'static str]) -> Self {
        self.default = DefaultValue::List(values);
        self
    }
}
