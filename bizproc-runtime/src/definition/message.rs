//! A text put together in a constant, so that a compile error can name the property.
#![allow(
    clippy::panic,
    reason = "a panic in a constant is how a compile error is made"
)]
#![allow(clippy::indexing_slicing, reason = "iterators do not run in constants")]

use super::SelectOption;

/// What a longer message is cut to, in bytes.
const CAPACITY: usize = 1024;

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

    /// Appends whole texts only, so that the result stays valid UTF-8.
    pub(super) const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.length + text.len() <= CAPACITY {
            let mut index = 0;
            while index < text.len() {
                self.bytes[self.length + index] = text[index];
                index += 1;
            }
            self.length += text.len();
        }
        self
    }

    pub(super) const fn number(self, number: u64) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let message = if number < 10 {
            self
        } else {
            self.number(number / 10)
        };
        message.text(DIGITS[(number % 10) as usize])
    }

    pub(super) const fn whole(self, number: i64) -> Self {
        let sign = if number < 0 { "-" } else { "" };
        self.text(sign).number(number.unsigned_abs())
    }

    pub(super) const fn options(self, options: &[SelectOption]) -> Self {
        let mut message = self;
        let mut index = 0;
        while index < options.len() {
            message = message.text(if index == 0 { "`" } else { ", `" });
            message = message.text(options[index].key).text("`");
            index += 1;
        }
        message
    }

    #[track_caller]
    pub(super) const fn panic(self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("this definition cannot be registered"),
        }
    }
}
