//! What the derive cannot see because it stands in another type: evaluated while the program is
//! compiled, where a panic is a compile error.
#![allow(
    clippy::panic,
    reason = "a panic in a constant is how a compile error is made"
)]
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::default::{fits, is_value};
use super::message::Message;
use super::size::serialized_size;
use super::{DefaultValue, Definition, PropertyList, PropertySpec, PropertyType, RobotKind, Wait};

/// The portal stores each map of properties in a column of this many bytes, serialised by PHP.
const STORED_BYTES: usize = 65_534;

impl Definition {
    /// The definition, or a compile error where it is a constant: ids that clash, return values
    /// nobody waits for, an incomplete document type, more than the portal can store.
    ///
    /// # Panics
    ///
    /// When called at run time with such a definition.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        let (inputs, outputs) = (self.properties.checked(), self.returns.checked());
        let mut input = 0;
        while let Some(property) = inputs.get(input) {
            let mut output = 0;
            while let Some(value) = outputs.get(output) {
                check_input_and_output(property.id, value.id);
                output += 1;
            }
            input += 1;
        }
        check_waiting(&self);
        if let Some(document_type) = &self.document_type
            && document_type.has_empty_part()
        {
            panic!("a document type has three texts, and one is empty");
        }
        let (inputs, outputs) = self.stored_bytes();
        check_size("the properties", inputs);
        check_size("the return values", outputs);
        self
    }

    /// How many bytes the portal takes to store the properties and the return values; of each it
    /// stores at most 65534.
    #[must_use]
    pub const fn stored_bytes(&self) -> (usize, usize) {
        (
            serialized_size(self.properties, false),
            serialized_size(self.returns, true),
        )
    }

    /// These definitions, or a compile error where they are a constant: two with one code or one
    /// settings page.
    ///
    /// [`App`](crate::App) refuses such robots when it starts; a constant refuses them before.
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
    /// When called at run time with such definitions.
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
            .text("`, and the portal takes an address once; give each its own")
            .panic();
    }
}

#[track_caller]
const fn check_waiting(definition: &Definition) {
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
const fn check_input_and_output(input: &str, output: &str) {
    if input.eq_ignore_ascii_case(output) {
        Message::new("`")
            .text(input)
            .text("` is the id of a property and `")
            .text(output)
            .text("` of a return value: the portal keeps both in one place, and the reply would ")
            .text("overwrite the input; rename one of them")
            .panic();
    }
}

#[track_caller]
const fn check_size(what: &str, size: usize) {
    if size > STORED_BYTES {
        Message::new(what)
            .text(" take ")
            .number(size as u64)
            .text(" bytes as the portal stores them, and it stores at most ")
            .number(STORED_BYTES as u64)
            .text("; shorten labels and options, or use fewer")
            .panic();
    }
}

impl PropertyList {
    /// The list, or a compile error where it is a constant: two ids that are one to the portal.
    /// The derive sees those of one struct; here are those of flattened groups too.
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
    /// The property, or a compile error where it is a constant: a default that its type does not
    /// have, a list where one value goes, a `select` without options.
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
        if let Err(allowed) = fits(self, value) {
            let message = self.unfit("the default `", value, allowed);
            if matches!(self.property_type, PropertyType::Select) {
                message.panic();
            }
            message
                .text(", nor an expression such as `{=Document:ID}`")
                .panic();
        }
    }

    /// Nothing, or a compile error where it is a constant: a failure value that the type does not
    /// have. A reply's values are taken as they are, so that no expression helps.
    #[track_caller]
    pub(crate) const fn check_failure(&self, value: &str) {
        if self.multiple {
            self.fault("` holds a list, so its failure value is one: `failure = [\"...\"]`");
        }
        self.check_failure_value(value);
    }

    /// As [`Self::check_failure`], of a list.
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
        if let Err(allowed) = is_value(self, value) {
            self.unfit("the failure value `", value, allowed).panic();
        }
    }

    const fn unfit(&self, what: &str, value: &str, allowed: &str) -> Message {
        let message = Message::new(what).text(value).text("` of `").text(self.id);
        let message = message.text("` is not ").text(allowed);
        match self.property_type {
            PropertyType::Int => message
                .text(" from ")
                .whole(self.range.0)
                .text(" to ")
                .whole(self.range.1)
                .text(if self.zero { "" } else { " other than 0" }),
            PropertyType::Select => {
                let message = message.text(": ").options(self.options);
                match self.key_of_title(value) {
                    Some(key) => message.text("; its key is `").text(key).text("`"),
                    None => message,
                }
            }
            _ => message,
        }
    }

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

    #[track_caller]
    pub(crate) const fn fault(&self, text: &str) -> ! {
        Message::new("`").text(self.id).text(text).panic()
    }
}

/// `==` of texts, which constants cannot use yet.
pub(super) const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
