//! The records of a portal, in order and limited in number.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::model::history::event::Event;
use crate::model::history::message::{Body, Delivery};
use crate::model::history::record::Record;

/// What happened, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    entries: VecDeque<Entry>,
    /// The requests without a response yet, by address and body; copies of one request share a key.
    awaited: HashMap<(String, Body), Vec<Place>>,
    last_serial: u64,
}

#[derive(Debug)]
struct Entry {
    serial: u64,
    record: Record,
}

/// The place of a record: its moment, and its number among all records ever made.
///
/// A position would change when an earlier record is added or dropped.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Timestamp,
    serial: u64,
}

impl History {
    /// Adds a record after those of its moment, and drops the oldest beyond `limit`.
    pub(crate) fn put(&mut self, record: Record, limit: usize) {
        self.last_serial += 1;
        let at = record.at;
        let serial = self.last_serial;
        if let Event::Called { request, .. } | Event::Fired { request, .. } = &record.event {
            let key = (request.url.clone(), request.body.clone());
            let places = self.awaited.entry(key).or_default();
            places.push(Place { at, serial });
        }
        let index = self.entries.partition_point(|entry| entry.record.at <= at);
        self.entries.insert(index, Entry { serial, record });
        while self.entries.len() > limit {
            self.entries.pop_front();
        }
    }

    /// Fills in what came back from a request, in the latest of its copies without a response.
    pub(crate) fn fill_in(&mut self, request: &Delivery, sent: &Delivery) {
        let key = (request.url.clone(), request.body.clone());
        let Some(places) = self.awaited.get_mut(&key) else {
            return;
        };
        let place = places.pop();
        if places.is_empty() {
            self.awaited.remove(&key);
        }
        // The record may have been dropped meanwhile.
        if let Some(place) = place
            && let Some(Event::Called { request, .. } | Event::Fired { request, .. }) =
                self.at(place)
        {
            request.clone_from(sent);
        }
    }

    fn at(&mut self, place: Place) -> Option<&mut Event> {
        let first = self
            .entries
            .partition_point(|entry| entry.record.at < place.at);
        self.entries
            .range_mut(first..)
            .take_while(|entry| entry.record.at == place.at)
            .find(|entry| entry.serial == place.serial)
            .map(|entry| &mut entry.record.event)
    }

    /// Returns the stored records, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.entries.iter().map(|entry| &entry.record)
    }
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
