//! Requests that are generated from a seed.

use std::collections::HashSet;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::facts::{FORGED, Facts, Fields, TYPED, form};
use super::wire::{Attack, Framing, Request};

/// Adds this many requests, none of which exists already.
pub(crate) fn add(attacks: &mut Vec<Attack>, facts: &Facts, seed: u64, count: usize) {
    let mut maker = Maker {
        facts,
        random: StdRng::seed_from_u64(seed),
    };
    let mut known: HashSet<_> = attacks.iter().map(|attack| attack.bytes.clone()).collect();
    let mut number = 0;
    while number < count {
        let bytes = maker.request();
        if !known.insert(bytes.clone()) {
            continue;
        }
        // Random bytes may happen to be a question that everyone may ask.
        let text = String::from_utf8_lossy(&bytes);
        let is_harmless = text.contains("/-/health") || text.contains("/-/ready");
        attacks.push(Attack {
            what: format!("generated {number}"),
            bytes,
            is_harmless,
        });
        number += 1;
    }
}

const SPECIAL: &[&[u8]] = &[
    b"%",
    b"%0",
    b"%zz",
    b"%00",
    b"%ff",
    b"%c0%af",
    b"\xff",
    b"\xc3\x28",
    b"\0",
    b"[",
    b"]",
    b"[]",
    b"[a][b]",
    b"&",
    b"&&",
    b"=",
    b";",
    b"+",
    b"{",
    b"}",
    b"\"",
    b"\\",
    b"\r\n",
    b"\r\n\r\n",
    b"<",
    b"'",
];

struct Maker<'a> {
    facts: &'a Facts,
    random: StdRng,
}

impl Maker<'_> {
    fn one_in(&mut self, chances: u32) -> bool {
        self.random.random_ratio(1, chances)
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all.choose(&mut self.random).unwrap()
    }

    fn fields(&mut self) -> Fields {
        let mut fields = match self.random.random_range(0..6) {
            0 => self.facts.event("ONAPPINSTALL"),
            1 => self.facts.event("ONAPPUPDATE"),
            2 => self.facts.event("ONAPPUNINSTALL"),
            _ => self.facts.call(),
        };
        for _ in 0..self.random.random_range(0..5) {
            self.change(&mut fields);
        }
        fields
    }

    fn change(&mut self, fields: &mut Fields) {
        let at = self.random.random_range(0..fields.len());
        let copy = fields[at].clone();
        let length = self.random.random_range(1..20_000);
        match self.random.random_range(0..8) {
            0 if fields.len() > 1 => drop(fields.remove(at)),
            1 => fields.insert(self.random.random_range(0..fields.len()), copy),
            2 => fields[at].0.push_str("[x]"),
            3 => fields[at].0 = copy.0.to_uppercase(),
            4 => fields[at].0 = "k".repeat(length),
            5 => fields[at].1 = "v".repeat(length),
            6 => fields[at].1 = self.value(&copy.0),
            _ => fields.rotate_left(at),
        }
    }

    /// A value that a stranger has, in a place where it may not belong. Ids and addresses appear in
    /// responses and in the log, so tokens stand elsewhere.
    fn value(&mut self, key: &str) -> String {
        let [own, other] = &self.facts.members;
        let [token, others] = &self.facts.event_tokens;
        let address = format!("http://{}/rest/", self.facts.trap);
        let Facts {
            code,
            client,
            server,
            trap,
            ordinary,
            foreign,
            ..
        } = self.facts;
        let made_up = format!("{FORGED}{}", self.random.random::<u64>());
        let mut known = vec!["", own, other, code, client, server, trap, &address];
        if key.contains("token") || key.contains("properties") {
            known.extend([token.as_str(), others, ordinary, foreign, &made_up]);
        }
        self.pick(&known).to_owned()
    }

    fn body(&mut self) -> Vec<u8> {
        let fields = self.fields();
        let mut body = match self.random.random_range(0..8) {
            0 => {
                let map: serde_json::Map<_, _> = fields
                    .into_iter()
                    .map(|(key, value)| (key, value.into()))
                    .collect();
                serde_json::to_vec(&map).unwrap()
            }
            1 => {
                let pairs = fields.iter().map(|(key, value)| format!("{key}={value}"));
                pairs.collect::<Vec<_>>().join("&").into_bytes()
            }
            _ => form(&fields).into_bytes(),
        };
        if self.one_in(3) {
            self.damage(&mut body);
        }
        body
    }

    /// Removes, changes and adds a few bytes.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.random.random_range(1..6) {
            let at = self.random.random_range(0..=bytes.len());
            let special = self.pick(SPECIAL);
            match self.random.random_range(0..4) {
                0 => bytes.truncate(at.max(bytes.len() / 2)),
                1 if at < bytes.len() => bytes[at] = self.random.random(),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => drop(bytes.splice(at..at, special.iter().copied())),
            }
        }
    }

    fn request(&mut self) -> Vec<u8> {
        let path = self.pick(&[
            "/robot", "/robot", "/robot", "/install", "/install", "/-/calls", "/x",
        ]);
        let body = self.body();
        let mut request = Request::post(path, body);
        if self.one_in(8) {
            self.pick(&["GET", "HEAD", "PUT", "OPTIONS", "DELETE"])
                .clone_into(&mut request.method);
        }
        if self.one_in(8) {
            request.version = "HTTP/1.0";
        }
        let length = request.body.len();
        request.framing = match self.random.random_range(0..10) {
            0 => Framing::Wrong(self.random.random_range(0..=2 * length)),
            1 => Framing::Both,
            2 => Framing::Nothing,
            3 | 4 => Framing::Chunked(self.random.random_range(1..=length + 1)),
            _ => Framing::Length,
        };
        for _ in 0..self.random.random_range(0..4) {
            let (name, value) = self.header();
            request = request.header(name, value);
        }
        let mut bytes = request.bytes();
        match self.random.random_range(0..10) {
            0 => bytes.truncate(self.random.random_range(0..bytes.len())),
            1 => self.damage(&mut bytes),
            2 => bytes.extend(bytes.clone()),
            _ => {}
        }
        bytes
    }

    fn header(&mut self) -> (&'static str, Vec<u8>) {
        let name = self.pick(&[
            "Content-Type",
            "Content-Encoding",
            "Authorization",
            "Cookie",
            "Host",
            "Expect",
            "Origin",
            "X-Forwarded-For",
            "Connection",
            "Accept-Encoding",
            "Content-Length",
            "Referer",
        ]);
        let length = self.random.random_range(1..40_000);
        let value = match self.random.random_range(0..6) {
            0 => self
                .pick(&[
                    "gzip",
                    "close",
                    "keep-alive",
                    "100-continue",
                    "application/json",
                    "0",
                ])
                .into(),
            1 => format!("Bearer {FORGED}").into_bytes(),
            2 => format!("http://{}/{TYPED}", self.facts.trap).into_bytes(),
            3 => vec![b'h'; length],
            4 => self.pick(SPECIAL).to_vec(),
            _ => b"application/x-www-form-urlencoded".to_vec(),
        };
        (name, value)
    }
}
