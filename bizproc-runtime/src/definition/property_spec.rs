use super::Label;

/// The type of a property, by the platform's names.
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
    /// `user`: a user, or a role or group that the author picked.
    User,
    /// `file`: the number of a file; documented since 2026, experimental.
    File,
    /// Any other type, such as `UF:money`: the form of some documents knows it, and its values
    /// come and go raw.
    Other(&'static str),
}

impl PropertyType {
    /// The name that the portal knows the type by.
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

/// One option of a `select` property: the key that travels and the title that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SelectOption {
    /// What the call and the reply carry.
    pub key: &'static str,
    /// What the form shows.
    pub title: &'static str,
}

impl SelectOption {
    /// An option with this key and title.
    #[must_use]
    pub const fn new(key: &'static str, title: &'static str) -> Self {
        Self { key, title }
    }
}

/// What a property holds while its form was never saved (`DEFAULT`), in the platform's form:
/// `Y`/`N`, digits, an option's key, or an expression such as `{=Document:NAME}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// Nothing.
    None,
    /// One value.
    One(&'static str),
    /// The values of a multiple property.
    List(&'static [&'static str]),
}

/// One property or one return value as the portal registers it.
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
    /// The id: a latin letter, then latin letters, digits and `_`. Unique, ignoring case, among
    /// the inputs and outputs of a robot together.
    pub id: &'static str,
    /// The label.
    pub name: Label,
    /// The hint.
    pub description: Label,
    /// The type.
    pub property_type: PropertyType,
    /// Whether the settings form insists on a value. At run time a value may be missing all the
    /// same.
    pub required: bool,
    /// Whether the property holds a list.
    pub multiple: bool,
    /// The options of a `select`.
    pub options: &'static [SelectOption],
    /// The value while the form was never saved.
    pub default: DefaultValue,
    /// The least and the greatest whole number that the Rust type holds.
    pub(crate) range: (i64, i64),
    /// Whether it holds 0.
    pub(crate) zero: bool,
}

impl PropertySpec {
    /// A single, not required property.
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

    /// Makes the form insist on a value.
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
