//! Definitions of robots, as constants: code, labels, properties, return values, the documents that
//! a robot is offered for, and whether the workflow waits.
//!
//! `#[derive(Robot)]` creates a [`Definition`] at compile time; [`Definition::add_params`] and
//! [`Definition::update_params`] turn it into the parameters of the portal's methods.

mod check;
mod default;
mod document_type;
mod filter;
mod label;
mod message;
mod payload;
mod property_list;
mod property_spec;
mod size;
mod text;

pub use document_type::DocumentType;
pub use filter::{Filter, FilterRule};
pub use label::Label;
pub use payload::Registration;
pub use property_list::PropertyList;
pub use property_spec::{DefaultValue, PropertySpec, PropertyType, SelectOption};

/// The path, below the application's public address, for the calls of all robots without a
/// `handler` of their own.
pub const DEFAULT_HANDLER_PATH: &str = "/robot";

/// The place where authors find a robot: the automation rules or the workflow designer.
///
/// Robots and activities of one application share one namespace of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RobotKind {
    /// An automation rule, registered with `bizproc.robot.add`.
    Robot,
    /// An action of the workflow designer, registered with `bizproc.activity.add`.
    Activity,
}

/// Whether the workflow waits for the application's reply (`USE_SUBSCRIPTION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// `Y`: the workflow continues when the reply arrives.
    Always,
    /// `N`: the workflow continues immediately, and no reply reaches it.
    Never,
    /// The author of a template decides in the designer. An automation rule does not wait then.
    AuthorDecides,
}

/// The definition of a robot or an activity, as the portal registers it.
///
/// `#[derive(Robot)]` creates one. Written by hand:
///
/// ```
/// use bizproc_runtime::definition::{
///     Definition, DocumentType, PropertyList, PropertySpec, PropertyType, Wait,
/// };
///
/// const PING: Definition = Definition::robot("acme_ping")
///     .with_name(&[("en", "Ping")])
///     .with_document_type(DocumentType::DEAL)
///     .with_properties(PropertyList::new(&[
///         PropertySpec::new("host", PropertyType::String).name(&[("en", "Host")]),
///     ]))
///     .checked();
///
/// assert_eq!(PING.code(), "acme_ping");
/// assert_eq!(PING.wait_mode(), Wait::Never); // there are no return values to wait for
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    kind: RobotKind,
    code: &'static str,
    name: Label,
    description: Label,
    handler: &'static str,
    placement: Option<&'static str>,
    auth_user_id: Option<u64>,
    wait: Option<Wait>,
    document_type: Option<DocumentType>,
    filter: Filter,
    properties: PropertyList,
    returns: PropertyList,
}

impl Definition {
    /// Creates an automation rule with this code: `[A-Za-z0-9._-]`, at most 128 characters.
    #[must_use]
    pub const fn robot(code: &'static str) -> Self {
        Self::new(RobotKind::Robot, code)
    }

    /// Creates an action of the workflow designer with this code.
    #[must_use]
    pub const fn activity(code: &'static str) -> Self {
        Self::new(RobotKind::Activity, code)
    }

    const fn new(kind: RobotKind, code: &'static str) -> Self {
        Self {
            kind,
            code,
            name: Label::EMPTY,
            description: Label::EMPTY,
            handler: DEFAULT_HANDLER_PATH,
            placement: None,
            auth_user_id: None,
            wait: None,
            document_type: None,
            filter: Filter::EVERYWHERE,
            properties: PropertyList::EMPTY,
            returns: PropertyList::EMPTY,
        }
    }

    /// Sets the label, a text for each language. One of them must be English.
    #[must_use]
    pub const fn with_name(mut self, texts: &'static [(&'static str, &'static str)]) -> Self {
        self.name = Label::new(texts);
        self
    }

    /// Sets the hint below the label, a text for each language.
    #[must_use]
    pub const fn with_description(
        mut self,
        texts: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.description = Label::new(texts);
        self
    }

    /// Sets the path, below the application's public address, for this robot's calls;
    /// [`DEFAULT_HANDLER_PATH`] by default.
    #[must_use]
    pub const fn with_handler(mut self, path: &'static str) -> Self {
        self.handler = path;
        self
    }

    /// Sets the path of a settings page, which replaces the standard form.
    #[must_use]
    pub const fn with_placement(mut self, path: &'static str) -> Self {
        self.placement = Some(path);
        self
    }

    /// Sets the user whose tokens the calls carry; the user who installs the application by default.
    #[must_use]
    pub const fn with_auth_user_id(mut self, user: u64) -> Self {
        self.auth_user_id = Some(user);
        self
    }

    /// Sets whether the workflow waits; by default it does if there are return values.
    #[must_use]
    pub const fn with_wait(mut self, wait: Wait) -> Self {
        self.wait = Some(wait);
        self
    }

    /// Sets the document whose field types the settings form offers.
    #[must_use]
    pub const fn with_document_type(mut self, document_type: DocumentType) -> Self {
        self.document_type = Some(document_type);
        self
    }

    /// Offers the robot only where one of the rules holds.
    #[must_use]
    pub const fn with_include(mut self, rules: &'static [FilterRule]) -> Self {
        self.filter.include = rules;
        self
    }

    /// Hides the robot where one of the rules holds.
    #[must_use]
    pub const fn with_exclude(mut self, rules: &'static [FilterRule]) -> Self {
        self.filter.exclude = rules;
        self
    }

    /// Sets the properties that the author of a template fills in, in the order of the form.
    #[must_use]
    pub const fn with_properties(mut self, properties: PropertyList) -> Self {
        self.properties = properties;
        self
    }

    /// Sets the return values that the reply carries.
    #[must_use]
    pub const fn with_returns(mut self, returns: PropertyList) -> Self {
        self.returns = returns;
        self
    }

    /// Whether this is a robot or an activity.
    #[must_use]
    pub const fn kind(&self) -> RobotKind {
        self.kind
    }

    /// The code (`CODE`), which identifies the robot in the portal, in templates and in calls.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The label, in all its languages.
    #[must_use]
    pub const fn name(&self) -> Label {
        self.name
    }

    /// The path, below the public address, for the robot's calls.
    #[must_use]
    pub const fn handler(&self) -> &'static str {
        self.handler
    }

    /// The path, below the public address, of the settings page.
    #[must_use]
    pub const fn placement(&self) -> Option<&'static str> {
        self.placement
    }

    /// Whether the workflow waits for a reply.
    #[must_use]
    pub const fn wait_mode(&self) -> Wait {
        match self.wait {
            Some(wait) => wait,
            None if self.returns.is_empty() => Wait::Never,
            None => Wait::Always,
        }
    }

    /// The properties, in the order of the form.
    #[must_use]
    pub const fn properties(&self) -> PropertyList {
        self.properties
    }

    /// The return values.
    #[must_use]
    pub const fn returns(&self) -> PropertyList {
        self.returns
    }
}
