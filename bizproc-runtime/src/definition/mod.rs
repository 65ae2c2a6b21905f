//! What a robot *is* on the portal, as constant data: code, labels, properties, return values,
//! where it is offered, whether the workflow waits.
//!
//! `#[derive(Robot)]` fills a [`Definition`] at compile time; [`Definition::add_params`] and
//! [`Definition::update_params`] make of it what the portal's methods take.

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

pub use document_type::DocumentType;
pub use filter::{Filter, FilterRule};
pub use label::Label;
pub use payload::Registration;
pub use property_list::PropertyList;
pub use property_spec::{DefaultValue, PropertySpec, PropertyType, SelectOption};

/// The path, below the application's public address, that takes the calls of every robot without
/// a `handler` of its own.
pub const DEFAULT_HANDLER_PATH: &str = "/robot";

/// Where authors find the robot: among the automation rules or in the workflow designer.
///
/// One application has one namespace of codes for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RobotKind {
    /// An automation rule, registered by `bizproc.robot.add`.
    Robot,
    /// An action of the workflow designer, registered by `bizproc.activity.add`.
    Activity,
}

/// Whether the workflow waits for the application's reply (`USE_SUBSCRIPTION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// `Y`: the workflow goes on when the reply comes.
    Always,
    /// `N`: the workflow goes on at once and no reply reaches it.
    Never,
    /// The author of a template decides in the designer; an automation rule then does not wait.
    AuthorDecides,
}

/// A robot or an activity as the portal registers it.
///
/// `#[derive(Robot)]` makes one; this is how the same is written by hand.
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
    /// An automation rule with this code, `[A-Za-z0-9._-]`, at most 128 characters.
    #[must_use]
    pub const fn robot(code: &'static str) -> Self {
        Self::new(RobotKind::Robot, code)
    }

    /// An action of the workflow designer with this code.
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

    /// The label, a text for each language; English must be among them.
    #[must_use]
    pub const fn with_name(mut self, texts: &'static [(&'static str, &'static str)]) -> Self {
        self.name = Label::new(texts);
        self
    }

    /// The hint below the label, a text for each language.
    #[must_use]
    pub const fn with_description(
        mut self,
        texts: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.description = Label::new(texts);
        self
    }

    /// The path below the application's public address that takes this robot's calls;
    /// [`DEFAULT_HANDLER_PATH`] unless set.
    #[must_use]
    pub const fn with_handler(mut self, path: &'static str) -> Self {
        self.handler = path;
        self
    }

    /// The path of a settings page that takes the place of the standard form.
    #[must_use]
    pub const fn with_placement(mut self, path: &'static str) -> Self {
        self.placement = Some(path);
        self
    }

    /// The user whose tokens the calls carry; unless set, the user who installs the application.
    #[must_use]
    pub const fn with_auth_user_id(mut self, user: u64) -> Self {
        self.auth_user_id = Some(user);
        self
    }

    /// Whether the workflow waits; unless set, it waits when there are return values.
    #[must_use]
    pub const fn with_wait(mut self, wait: Wait) -> Self {
        self.wait = Some(wait);
        self
    }

    /// The document whose field types the settings form offers.
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

    /// What the author of a template fills in, in the order of the form.
    #[must_use]
    pub const fn with_properties(mut self, properties: PropertyList) -> Self {
        self.properties = properties;
        self
    }

    /// What the reply carries back.
    #[must_use]
    pub const fn with_returns(mut self, returns: PropertyList) -> Self {
        self.returns = returns;
        self
    }

    /// Whether the portal lists it as a robot or as an activity.
    #[must_use]
    pub const fn kind(&self) -> RobotKind {
        self.kind
    }

    /// `CODE`: what the portal, its templates and its calls know the robot by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The label in every language.
    #[must_use]
    pub const fn name(&self) -> Label {
        self.name
    }

    /// The path, below the public address, that takes the calls.
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
