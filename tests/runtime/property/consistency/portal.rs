//! The portal as values see it: what it stores of a reply, and how it writes that into a call.

use bizproc_runtime::property::Culture;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

/// What a call carries for one property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FormValue {
    Nothing,
    One(String),
    /// With the distance between two indexes: null elements leave gaps.
    List(usize, Vec<String>),
}

impl FormValue {
    /// The body of the call.
    pub(crate) fn body(&self) -> String {
        let texts = match self {
            Self::Nothing => Vec::new(),
            Self::One(text) => vec![("properties[value]".to_owned(), text)],
            Self::List(step, texts) => {
                let key = |at: usize| format!("properties[value][{}]", at * step);
                let numbered = texts.iter().enumerate();
                numbered.map(|(at, text)| (key(at), text)).collect()
            }
        };
        let pairs = texts
            .iter()
            .map(|(key, text)| escaped(key) + "=" + &escaped(text));
        std::iter::once("code=acme".to_owned())
            .chain(pairs)
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// Escapes as PHP's `urlencode` does.
fn escaped(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) => char::from(byte).into(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// How one portal writes dates and times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    format: &'static str,
    date: &'static str,
    time: &'static str,
}

pub(crate) const SITES: &[Site] = &[
    Site {
        format: "DD.MM.YYYY HH:MI:SS",
        date: "%d.%m.%Y",
        time: "%H:%M:%S",
    },
    Site {
        format: "MM/DD/YYYY H:MI:SS T",
        date: "%m/%d/%Y",
        time: "%I:%M:%S %P",
    },
    Site {
        format: "YYYY-MM-DD HH:MI:SS",
        date: "%Y-%m-%d",
        time: "%H:%M:%S",
    },
];

/// The zone that portals of this test write times in.
pub(crate) fn zone() -> Offset {
    Offset::constant(3)
}

/// A time of the portal's zone as a reply carries it: absolute seconds, as text.
pub(crate) fn epoch(time: &DateTime) -> Value {
    json!(zone().to_timestamp(*time).unwrap().as_second().to_string())
}

impl Site {
    pub(crate) fn culture(&self) -> Culture {
        let zone = TimeZone::fixed(zone());
        Culture::default()
            .with_date_format(self.format)
            .with_time_zone(zone)
    }

    /// All ways in which a value that a reply carried, or a form held, arrives in a call.
    pub(crate) fn shows(&self, type_name: &str, sent: &Value) -> Vec<String> {
        let text = sent
            .as_str()
            .map_or_else(|| sent.to_string(), str::to_owned);
        match type_name {
            "bool" if text == "Y" => vec![text, "y".into(), "1".into(), "true".into()],
            "bool" => vec![text, "n".into(), "0".into(), "false".into()],
            // Typed with spaces, or a sum of money.
            "int" => vec![format!(" {text} "), format!("{text}.00"), text],
            "double" => vec![text.replace('.', ","), format!("{text} "), text],
            "date" => {
                let date = text.parse::<Date>().unwrap();
                vec![date.strftime(self.date).to_string(), text]
            }
            "datetime" => self.shows_time(&text),
            _ => vec![text],
        }
    }

    /// Only digits are absolute seconds to the portal.
    fn shows_time(&self, seconds: &str) -> Vec<String> {
        assert!(
            seconds.bytes().all(|byte| byte.is_ascii_digit()),
            "{seconds}"
        );
        let moment = Timestamp::from_second(seconds.parse().unwrap()).unwrap();
        let time = zone().to_datetime(moment);
        let text = time
            .strftime(&format!("{} {}", self.date, self.time))
            .to_string();
        vec![
            format!("{text} [{}]", zone().seconds()),
            time.strftime("%Y-%m-%dT%H:%M:%S+03:00").to_string(),
            text,
        ]
    }
}
