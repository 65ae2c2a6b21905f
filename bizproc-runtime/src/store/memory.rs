use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use indexmap::IndexMap;
use tokio::sync::Notify;

use super::{Acceptance, Answer, AnsweredCall, NewCall, Record, Settlement, State, Store};
use crate::error::{Error, Kind, Result};
use crate::portal::Portal;
use crate::rest::EventToken;

/// How many ended calls are remembered, to know a repeated call again.
const ENDED_KEPT: usize = 10_000;

/// Keeps calls and portals in memory: they are lost when the program ends.
///
/// For tests and for trying things out. The last 10,000 ended calls are remembered, without their
/// bodies.
#[derive(Debug, Default)]
pub struct Memory {
    inner: Mutex<Inner>,
    to_run: Notify,
    to_send: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    calls: IndexMap<EventToken, Entry>,
    run_queue: VecDeque<EventToken>,
    send_queue: VecDeque<EventToken>,
    ended: VecDeque<EventToken>,
    portals: HashMap<String, Portal>,
}

#[derive(Debug)]
struct Entry {
    call: NewCall,
    state: State,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No code that holds the lock can panic; a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_to_run(&self) -> Option<NewCall> {
        let mut inner = self.lock();
        let call = loop {
            let token = inner.run_queue.pop_front()?;
            match inner.calls.get_mut(&token) {
                Some(entry) if entry.state == State::Accepted => {
                    entry.state = State::Running;
                    break entry.call.clone();
                }
                _ => {}
            }
        };
        // Two notices that nobody waited for are one: whoever takes a call wakes the next.
        if !inner.run_queue.is_empty() {
            self.to_run.notify_one();
        }
        Some(call)
    }

    fn take_to_send(&self) -> Option<AnsweredCall> {
        let mut inner = self.lock();
        let answered = loop {
            let token = inner.send_queue.pop_front()?;
            let Some(entry) = inner.calls.get_mut(&token) else {
                continue;
            };
            if let State::Answered(answer) = &entry.state {
                let answer = answer.clone();
                entry.state = State::Sending(answer.clone());
                break AnsweredCall {
                    call: entry.call.clone(),
                    answer,
                };
            }
        };
        if !inner.send_queue.is_empty() {
            self.to_send.notify_one();
        }
        Some(answered)
    }

    fn end(&self, token: &EventToken, settlement: Settlement) -> Result<()> {
        let mut inner = self.lock();
        let entry = inner.calls.get_mut(token).ok_or_else(|| unknown(token))?;
        entry.state = State::Settled(settlement);
        entry.call.body = Vec::new();
        inner.ended.push_back(token.clone());
        if inner.ended.len() > ENDED_KEPT
            && let Some(oldest) = inner.ended.pop_front()
        {
            inner.calls.shift_remove(&oldest);
        }
        Ok(())
    }
}

fn unknown(token: &EventToken) -> Error {
    Error::new(Kind::Store, format!("no call with {token:?} is kept"))
}

#[async_trait]
impl Store for Memory {
    async fn accept(&self, call: NewCall) -> Result<Acceptance> {
        let token = call.event_token.clone();
        let mut inner = self.lock();
        if inner.calls.contains_key(&token) {
            return Ok(Acceptance::Duplicate);
        }
        inner.calls.insert(
            token.clone(),
            Entry {
                call,
                state: State::Accepted,
            },
        );
        inner.run_queue.push_back(token);
        self.to_run.notify_one();
        Ok(Acceptance::New)
    }

    async fn next_to_run(&self) -> Result<NewCall> {
        loop {
            if let Some(work) = self.take_to_run() {
                return Ok(work);
            }
            self.to_run.notified().await;
        }
    }

    async fn next_to_send(&self) -> Result<AnsweredCall> {
        loop {
            if let Some(work) = self.take_to_send() {
                return Ok(work);
            }
            self.to_send.notified().await;
        }
    }

    async fn answer(&self, token: &EventToken, answer: Answer) -> Result<bool> {
        let mut inner = self.lock();
        let entry = inner.calls.get_mut(token).ok_or_else(|| unknown(token))?;
        if !matches!(entry.state, State::Accepted | State::Running) {
            return Ok(false);
        }
        entry.state = State::Answered(answer);
        inner.send_queue.push_back(token.clone());
        self.to_send.notify_one();
        Ok(true)
    }

    async fn settle(&self, token: &EventToken, settlement: Settlement) -> Result<()> {
        self.end(token, settlement)
    }

    async fn bury(&self, token: &EventToken, reason: String) -> Result<()> {
        let mut inner = self.lock();
        let entry = inner.calls.get_mut(token).ok_or_else(|| unknown(token))?;
        let answer = match &entry.state {
            State::Answered(answer) | State::Sending(answer) => Some(answer.clone()),
            _ => None,
        };
        entry.state = State::Dead { reason, answer };
        Ok(())
    }

    async fn revive(&self, token: &EventToken) -> Result<bool> {
        let mut inner = self.lock();
        let entry = inner.calls.get_mut(token).ok_or_else(|| unknown(token))?;
        let State::Dead { answer, .. } = &entry.state else {
            return Ok(false);
        };
        if let Some(answer) = answer.clone() {
            entry.state = State::Answered(answer);
            inner.send_queue.push_back(token.clone());
            self.to_send.notify_one();
        } else {
            entry.state = State::Accepted;
            inner.run_queue.push_back(token.clone());
            self.to_run.notify_one();
        }
        Ok(true)
    }

    async fn record(&self, token: &EventToken) -> Result<Option<Record>> {
        Ok(self.lock().calls.get(token).map(Entry::record))
    }

    async fn records(&self) -> Result<Vec<Record>> {
        Ok(self.lock().calls.values().map(Entry::record).collect())
    }

    async fn save_portal(&self, portal: Portal) -> Result<()> {
        self.lock().portals.insert(portal.member_id.clone(), portal);
        Ok(())
    }

    async fn portal(&self, member_id: &str) -> Result<Option<Portal>> {
        Ok(self.lock().portals.get(member_id).cloned())
    }

    async fn portals(&self) -> Result<Vec<Portal>> {
        Ok(self.lock().portals.values().cloned().collect())
    }

    async fn remove_portal(&self, member_id: &str) -> Result<()> {
        self.lock().portals.remove(member_id);
        Ok(())
    }
}

impl Entry {
    fn record(&self) -> Record {
        Record {
            event_token: self.call.event_token.clone(),
            member_id: self.call.member_id.clone(),
            code: self.call.code.clone(),
            state: self.state.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(token: &str) -> NewCall {
        let token = EventToken::new(token);
        NewCall::new(token, "member".into(), "md5".into(), b"body".to_vec())
    }

    #[tokio::test]
    async fn a_call_is_accepted_once_and_its_first_answer_wins() {
        let store = Memory::new();
        assert_eq!(store.accept(call("a")).await.unwrap(), Acceptance::New);
        assert_eq!(
            store.accept(call("a")).await.unwrap(),
            Acceptance::Duplicate
        );
        let token = store.next_to_run().await.unwrap().event_token;
        let first = Answer {
            log_message: Some("first".into()),
            ..Answer::default()
        };
        assert!(store.answer(&token, first.clone()).await.unwrap());
        assert!(!store.answer(&token, Answer::default()).await.unwrap());
        assert_eq!(store.next_to_send().await.unwrap().answer, first);
        assert!(!store.answer(&token, Answer::default()).await.unwrap());
        store.settle(&token, Settlement::Sent).await.unwrap();
        assert_eq!(
            store.accept(call("a")).await.unwrap(),
            Acceptance::Duplicate
        );
        let record = store.record(&token).await.unwrap().unwrap();
        assert_eq!(record.state, State::Settled(Settlement::Sent));
    }

    #[tokio::test]
    async fn a_worker_that_waits_gets_the_next_call() {
        let store = std::sync::Arc::new(Memory::new());
        let waiting = tokio::spawn({
            let store = std::sync::Arc::clone(&store);
            async move { store.next_to_run().await }
        });
        tokio::task::yield_now().await;
        store.accept(call("a")).await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().code, "md5");
    }

    #[tokio::test]
    async fn ended_calls_are_forgotten_in_time() {
        let store = Memory::new();
        for number in 0..=ENDED_KEPT {
            let token = EventToken::new(number.to_string());
            store.accept(call(token.as_str())).await.unwrap();
            store.settle(&token, Settlement::Gone).await.unwrap();
        }
        assert_eq!(store.records().await.unwrap().len(), ENDED_KEPT);
        assert!(store.record(&EventToken::new("0")).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn every_waiting_worker_is_woken() {
        let store = std::sync::Arc::new(Memory::new());
        let wait = || {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move { store.next_to_run().await.unwrap().event_token })
        };
        let (one, two) = (wait(), wait());
        store.accept(call("a")).await.unwrap();
        store.accept(call("b")).await.unwrap();
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_ne!(one, two);
    }

    #[tokio::test]
    async fn a_dead_call_keeps_what_it_needs_to_be_tried_again() {
        let store = Memory::new();
        store.accept(call("a")).await.unwrap();
        let token = store.next_to_run().await.unwrap().event_token;
        store.bury(&token, "no such robot".into()).await.unwrap();
        assert!(store.revive(&token).await.unwrap());
        assert_eq!(store.next_to_run().await.unwrap().body, b"body");
        let answer = Answer {
            log_message: Some("done".into()),
            ..Answer::default()
        };
        store.answer(&token, answer.clone()).await.unwrap();
        store.next_to_send().await.unwrap();
        store.bury(&token, "unpaid".into()).await.unwrap();
        assert!(store.revive(&token).await.unwrap());
        assert!(
            !store.revive(&token).await.unwrap(),
            "it is not dead any more"
        );
        assert_eq!(store.next_to_send().await.unwrap().answer, answer);
    }
}
