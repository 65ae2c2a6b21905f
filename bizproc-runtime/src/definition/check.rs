//! Checks across several types, which a derive cannot make because it sees one type only. They run
//! in constants, where a panic is a compile error.
#![allow(clippy::panic, reason = "a panic in a constant is a compile error")]
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::default::{can_be_default, can_be_value};
use super::message::Message;
use super::size::serialized_size;
use super::text::equal;
use super::{DefaultValue, Definition, PropertyList, PropertySpec, PropertyType, RobotKind, Wait};

/// The size of the column in which the portal stores a map of properties, serialised by PHP.
const MAX_STORED_BYTES: usize = 65_534;

impl Definition {
    /// Checks the definition: in a constant, clashing ids, return values without a workflow that
    /// waits, an incomplete document type, and more than the portal can store are compile errors.
    ///
    /// # Panics
    ///
    /// At run time, with such a definition.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        let properties = self.properties.checked();
        let returns = self.returns.checked();
        let mut at = 0;
        while let Some(property) = properties.get(at) {
            let mut return_at = 0;
            while let Some(value) = returns.get(return_at) {
                check_property_and_return_value(property.id, value.id);
                return_at += 1;
            }
            at += 1;
        }
        check_wait(&self);
        if let Some(document_type) = &self.document_type
            && document_type.has_empty_part()
        {
            panic!("a document type has three texts, and one is empty");
        }
        let (property_bytes, return_bytes) = self.stored_bytes();
        check_size("the properties", property_bytes);
        check_size("the return values", return_bytes);
        self
    }

    /// The bytes that the portal needs to store the properties, and those for the return values. It
    /// stores at most 65,534 of each.
    #[must_use]
    pub const fn stored_bytes(&self) -> (usize, usize) {
        (
            serialized_size(self.properties, false),
            serialized_size(self.returns, true),
        )
    }

    /// Checks that no two definitions have the same code or the same settings page. In a constant,
    /// such a pair is a compile error.
    ///
    /// [`App`](crate::App) makes the same check when it starts; a constant makes it earlier.
    ///
    /// ```
    /// use bizproc_runtime::Robot;
    /// use bizproc_runtime::definition::Definition;
    ///
    /// /// Ping
    /// #[derive(Robot)]
    /// #[robot(code = "acme_ping")]
    /// struct Ping;
    ///
    /// /// Pong
    /// #[derive(Robot)]
    /// #[robot(code = "acme_pong")]
    /// struct Pong;
    ///
    /// const ROBOTS: &[Definition] = Definition::assert_unique(&[Ping::DEFINITION, Pong::DEFINITION]);
    /// ```
    ///
    /// # Panics
    ///
    /// At run time, with such definitions.
    #[must_use]
    #[track_caller]
    pub const fn assert_unique(definitions: &[Self]) -> &[Self] {
        let mut second = 0;
        while second < definitions.len() {
            let mut first = 0;
            while first < second {
                check_two_robots(&definitions[first], &definitions[second]);
                first += 1;
            }
            second += 1;
        }
        definitions
    }
}

#[track_caller]
const fn check_two_robots(first: &Definition, second: &Definition) {
    if equal(first.code, second.code) {
        Message::new("two robots have the code `")
            .text(first.code)
            .text("`: robots and activities of an application share their codes, and each needs ")
            .text("its own")
            .panic();
    }
    if let (Some(one), Some(other)) = (first.placement, second.placement)
        && equal(one, other)
    {
        Message::new("`")
            .text(first.code)
            .text("` and `")
            .text(second.code)
            .text("` have one settings page, `")
            .text(one)
            .text("`, and the portal registers an address only once; give each its own")
            .panic();
    }
}

#[track_caller]
const fn check_wait(definition: &Definition) {
    if definition.returns.is_empty() {
        return;
    }
    match (definition.wait, definition.kind) {
        (Some(Wait::Never), _) => {
            panic!("return values with `wait = never` can never arrive; remove one of the two")
        }
        (Some(Wait::AuthorDecides), RobotKind::Robot) => panic!(
            "return values with `wait = author` can never arrive: only a workflow activity asks \
             its author, an automation rule then does not wait; remove `wait`, or write \
             `kind = activity`"
        ),
        _ => {}
    }
}

#[track_caller]
const fn check_property_and_return_value(property: &str, value: &str) {
    if property.eq_ignore_ascii_case(value) {
        Message::new("`")
            .text(property)
            .text("` is the id of a property and `")
            .text(value)
            .text("` of a return value: the portal keeps both in one place, and the reply would ")
            .text("overwrite the property; rename one of them")
            .panic();
    }
}

#[track_caller]
const fn check_size(what: &str, size: usize) {
    if size > MAX_STORED_BYTES {
        Message::new(what)
            .text(" take ")
            .number(size as u64)
            .text(" bytes as the portal stores them, and it stores at most ")
            .number(MAX_STORED_BYTES as u64)
            .text("; shorten labels and options, or use fewer")
            .panic();
    }
}

impl PropertyList {
    /// Checks that no two ids are the same to the portal; in a constant, such ids are a compile
    /// error. The derive sees the ids of one struct; this check includes flattened groups.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        let mut second = 0;
        while let Some(later) = self.get(second) {
            let mut first = 0;
            while first < second {
                if let Some(earlier) = self.get(first)
                    && earlier.id.eq_ignore_ascii_case(later.id)
                {
                    Message::new("the ids `")
                        .text(earlier.id)
                        .text("` and `")
                        .text(later.id)
                        .text("` of two properties are one to the portal, which ignores case; ")
                        .text("rename one of them")
                        .panic();
                }
                first += 1;
            }
            second += 1;
        }
        self
    }
}

impl PropertySpec {
    /// Checks the property: in a constant, a default that its type does not have, a list in place of
    /// one value, and a `select` without options are compile errors.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        if matches!(self.property_type, PropertyType::Select) && self.options.is_empty() {
            self.fault(
                "` is a `select` without options; make its type an enum with `Select`, or add \
                 `options(key = \"Title\")`",
            );
        }
        match self.default {
            DefaultValue::None => {}
            DefaultValue::One(value) => {
                if self.multiple {
                    self.fault("` holds a list, so its default is one: `default = [\"...\"]`");
                }
                self.check_default(value);
            }
            DefaultValue::List(values) => {
                if !self.multiple {
                    self.fault("` holds one value, so its default is no list: `default = \"...\"`");
                }
                let mut index = 0;
                while index < values.len() {
                    self.check_default(values[index]);
                    index += 1;
                }
            }
        }
        self
    }

    #[track_caller]
    const fn check_default(&self, value: &str) {
        if let Err(allowed) = can_be_default(self, value) {
            let message = self.unfit("the default `", value, allowed);
            if matches!(self.property_type, PropertyType::Select) {
                message.panic();
            }
            message
                .text(", nor an expression such as `{=Document:ID}`")
                .panic();
        }
    }

    /// Checks the value after a failure: in a constant, a value that the type does not have is a
    /// compile error. Expressions are not allowed, because the portal does not evaluate the values of
    /// a reply.
    #[track_caller]
    pub(crate) const fn check_failure(&self, value: &str) {
        if self.multiple {
            self.fault("` holds a list, so its failure value is one: `failure = [\"...\"]`");
        }
        self.check_failure_value(value);
    }

    /// Checks the list of values after a failure, as [`Self::check_failure`] does.
    #[track_caller]
    pub(crate) const fn check_failures(&self, values: &[&str]) {
        if !self.multiple {
            self.fault("` holds one value, so its failure value is no list: `failure = \"...\"`");
        }
        let mut index = 0;
        while index < values.len() {
            self.check_failure_value(values[index]);
            index += 1;
        }
    }

    #[track_caller]
    const fn check_failure_value(&self, value: &str) {
        if let Err(allowed) = can_be_value(self, value) {
            self.unfit("the failure value `", value, allowed).panic();
        }
    }

    /// The message about a value that the type does not have.
    const fn unfit(&self, what: &str, value: &str, allowed: &str) -> Message {
        let message = Message::new(what)
            .text(value)
            .text("` of `")
            .text(self.id)
            .text("` is not ")
            .text(allowed);
        match self.property_type {
            PropertyType::Int => message
                .text(" from ")
                .whole(self.range.0)
                .text(" to ")
                .whole(self.range.1)
                .text(if self.zero { "" } else { " other than 0" }),
            PropertyType::Select => {
                let with_options = message.text(": ").options(self.options);
                match self.key_of_title(value) {
                    Some(key) => with_options.text("; its key is `").text(key).text("`"),
                    None => with_options,
                }
            }
            _ => message,
        }
    }

    /// The key of the option with this title: people mistake one for the other.
    const fn key_of_title(&self, title: &str) -> Option<&'static str> {
        let mut index = 0;
        while index < self.options.len() {
            if equal(self.options[index].title, title) {
                return Some(self.options[index].key);
            }
            index += 1;
        }
        None
    }

    /// Panics with the property's id and this text.
    #[track_caller]
    pub(crate) const fn fault(&self, text: &str) -> ! {
        Message::new("`").text(self.id).text(text).panic()
    }
}
