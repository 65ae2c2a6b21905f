//! Messages of compile errors, composed in constants so that they can name the property.
#![allow(clippy::panic, reason = "a panic in a constant is a compile error")]
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::SelectOption;

/// The maximum length of a message in bytes; texts that do not fit are left out.
const CAPACITY: usize = 1024;

/// A message under construction.
pub(super) struct Message {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Message {
    pub(super) const fn new(text: &str) -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
        }
        .text(text)
    }

    /// Appends a text as a whole or not at all, so that the message stays valid UTF-8.
    pub(super) const fn text(mut self, text: &str) -> Self {
        let added = text.as_bytes();
        if self.length + added.len() <= CAPACITY {
            let mut index = 0;
            while index < added.len() {
                self.bytes[self.length + index] = added[index];
                index += 1;
            }
            self.length += added.len();
        }
        self
    }

    /// Appends a number.
    pub(super) const fn number(self, number: u64) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let message = if number < 10 {
            self
        } else {
            self.number(number / 10)
        };
        message.text(DIGITS[(number % 10) as usize])
    }

    /// Appends a number with its sign.
    pub(super) const fn whole(self, number: i64) -> Self {
        let sign = if number < 0 { "-" } else { "" };
        self.text(sign).number(number.unsigned_abs())
    }

    /// Appends the keys of options.
    pub(super) const fn options(self, options: &[SelectOption]) -> Self {
        let mut message = self;
        let mut index = 0;
        while index < options.len() {
            message = message
                .text(if index == 0 { "`" } else { ", `" })
                .text(options[index].key)
                .text("`");
            index += 1;
        }
        message
    }

    /// Panics with the message.
    #[track_caller]
    pub(super) const fn panic(self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("this definition cannot be registered"),
        }
    }
}
