//! Sends answers to one portal, and says what becomes of each.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use backon::ExponentialBuilder;
use futures_util::future::join_all;
use secrecy::SecretString;
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::app::backoff as pauses;
use crate::app::leases::Held;
use crate::app::outbox::sender::Lane;
use crate::app::outbox::verdict::{Action, History, is_token_refused, judge};
use crate::app::portals::relocate::{self as moved, is_moved};
use crate::app::service::Shared;
use crate::app::telemetry::metrics as meter;
use crate::app::telemetry::outcome;
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::{Batch, Client, EVENT_SEND, Response};
use crate::store::{CallHead, Completion, ReplyToSend, SendHistory, Transition};

/// The pauses between the attempts to send. They have no end of their own: a portal may be away
/// for long, and an answer is not given up for that.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_mins(1))
    .without_max_times();

/// The same for a workflow that is busy: it will not be so for long.
const BUSY: ExponentialBuilder = PAUSES.with_max_delay(Duration::from_secs(5));

/// How long the token that came with a call is used: it lives an hour.
const OWN_TOKEN: Duration = Duration::from_mins(55);

/// An answer that is to be sent, and the claim to it.
pub(in crate::app) struct Waiting {
    pub(in crate::app) call: ReplyToSend,
    pub(in crate::app) held: Held,
}

/// Sends answers to one portal: one by itself, several in a batch, and those by themselves that a
/// batch cannot carry.
pub(in crate::app) async fn send(shared: &Shared, lane: &Lane, group: Vec<Waiting>) {
    let Some(portal) = shared.portal_of(&lane.member_id).await else {
        for waiting in group {
            let done = finish(
                shared,
                &waiting,
                Transition::Complete(Completion::Uninstalled),
            );
            done.instrument(outcome::replying(&waiting.call)).await;
        }
        return;
    };
    let delivery = Delivery {
        shared,
        lane,
        portal,
    };
    let (mut single, mut batched, mut batch) = (Vec::new(), Vec::new(), Batch::new());
    let is_alone = group.len() == 1;
    for waiting in group {
        if waiting.call.head.is_late(SystemTime::now()) {
            let settlement = match waiting.call.history.delivered {
                0 => Completion::Expired,
                _ => Completion::Delivered,
            };
            let done = finish(shared, &waiting, Transition::Complete(settlement));
            done.instrument(outcome::replying(&waiting.call)).await;
        } else if is_alone || !add(&mut batch, &waiting) {
            single.push(waiting);
        } else {
            batched.push(waiting);
        }
    }
    let mut has_turn = true;
    if !batched.is_empty() {
        delivery.deliver(Request::Many(&batch), &batched).await;
        has_turn = false;
    }
    for waiting in single {
        if !has_turn {
            lane.pace.turn(EVENT_SEND).await;
        }
        let request = Request::One(&waiting.call);
        delivery
            .deliver(request, std::slice::from_ref(&waiting))
            .await;
        has_turn = false;
    }
}

/// Whether the batch can carry the answer, and does now.
fn add(batch: &mut Batch, waiting: &Waiting) -> bool {
    let ReplyToSend { head, reply, .. } = &waiting.call;
    let log_message = reply.log_message.as_deref();
    let added = batch.event_send(&head.event_token, &reply.return_values, log_message);
    added.is_ok()
}

async fn finish(shared: &Shared, waiting: &Waiting, next: Transition) {
    meter::replied(&waiting.call, &next);
    let outcome = outcome::of_reply(&next);
    match &next {
        Transition::Complete(_) => tracing::info!(outcome, "settled"),
        Transition::Redeliver(..) => tracing::info!(outcome, "the portal took the answer"),
        Transition::DeadLetter(reason) => {
            tracing::error!(outcome, "the answer could not be sent: {reason}");
        }
        _ => tracing::info!(outcome, "the answer is sent again"),
    }
    if !shared.finish(&waiting.held.claim, next).await {
        tracing::warn!("another process goes on with the call");
    }
}

/// What the portal said to one answer.
type Answered = Result<Response<Value>>;

/// What is sent at once.
#[derive(Clone, Copy)]
enum Request<'a> {
    One(&'a ReplyToSend),
    Many(&'a Batch),
}

impl Request<'_> {
    /// An answer of the portal for each that was sent; or what went wrong with the request.
    async fn send(self, client: &Client) -> Result<Vec<Answered>> {
        match self {
            Self::One(ReplyToSend { head, reply, .. }) => {
                let log_message = reply.log_message.as_deref();
                let values = &reply.return_values;
                let sent = client.event_sent(&head.event_token, values, log_message);
                Ok(vec![Ok(sent.await?)])
            }
            Self::Many(batch) => Ok(client.batch(batch).await?.results),
        }
    }
}

/// Answers on their way to one portal.
struct Delivery<'a> {
    shared: &'a Shared,
    lane: &'a Lane,
    portal: Arc<Portal>,
}

impl Delivery<'_> {
    /// Sends answers in one request and says what becomes of each.
    async fn deliver(&self, request: Request<'_>, group: &[Waiting]) {
        let began = Instant::now();
        let own = own_token(group.iter().map(|waiting| &waiting.call.head));
        let result = self.with_token(own, request).await;
        match &result {
            Ok(_) => self.lane.took(group.len(), began.elapsed()),
            Err(error) if error.is_ambiguous() => self.lane.broke(),
            Err(_) => {}
        }
        match result {
            // At once, so that a store has one commit for all of them.
            Ok(answers) => {
                join_all(group.iter().zip(answers).map(async |(waiting, answer)| {
                    self.learn(&answer);
                    let in_batch = matches!(request, Request::Many(_));
                    let conclude = self.conclude(waiting, answer.as_ref().err(), in_batch);
                    conclude.instrument(outcome::replying(&waiting.call)).await;
                }))
                .await;
            }
            Err(error) => {
                self.lane.pace.refused(EVENT_SEND, &error);
                let has_moved = is_moved(&error) && self.has_moved().await;
                join_all(group.iter().map(async |waiting| {
                    let span = outcome::replying(&waiting.call);
                    if has_moved {
                        let sending = waiting.call.history.clone();
                        let next = Transition::RetrySend(SystemTime::now(), sending);
                        finish(self.shared, waiting, next).instrument(span).await;
                    } else {
                        let conclude = self.conclude(waiting, Some(&error), false);
                        conclude.instrument(span).await;
                    }
                }))
                .await;
            }
        }
    }

    /// Whether the portal is at another address, which is kept by now.
    async fn has_moved(&self) -> bool {
        let followed = moved::follow(self.shared, &self.portal).await;
        followed.unwrap_or_else(|error| {
            tracing::error!(
                portal = self.portal.member_id,
                "the portal points elsewhere: {error}"
            );
            false
        })
    }

    fn learn(&self, answer: &Answered) {
        match answer {
            Ok(answer) => self.lane.pace.learned(EVENT_SEND, &answer.time),
            Err(error) => self.lane.pace.refused(EVENT_SEND, error),
        }
    }

    /// Sends a request with the call's own token, with the stored one, with a renewed one: the
    /// first that the portal accepts.
    async fn with_token(
        &self,
        own: Option<SecretString>,
        request: Request<'_>,
    ) -> Result<Vec<Answered>> {
        let stored = self.shared.client(&self.portal);
        if let Some(own) = own {
            match request.send(&stored.with_token(own)).await {
                Err(error) if is_token_refused(&error) => self.lane.pace.turn(EVENT_SEND).await,
                result => return result,
            }
        }
        let error = match request.send(&stored).await {
            Err(error) if error.has_code("expired_token") => error,
            result => return result,
        };
        let Portal {
            member_id,
            access_token,
            ..
        } = &*self.portal;
        match self.shared.access.renew(member_id, access_token).await {
            Ok(portal) => {
                self.lane.pace.turn(EVENT_SEND).await;
                request.send(&self.shared.client(&portal)).await
            }
            Err(not_renewed) => Err(without_token(error, &not_renewed)),
        }
    }

    async fn conclude(&self, waiting: &Waiting, refusal: Option<&Error>, in_batch: bool) {
        let head = &waiting.call.head;
        let now = SystemTime::now();
        let mut sending = waiting.call.history.clone();
        sending.attempts += 1;
        let since = *sending.first_attempt_at.get_or_insert(now);
        sending.ambiguous |= refusal.is_some_and(Error::is_ambiguous);
        refusal
            .filter(|error| error.is_ambiguous())
            .inspect(|_| meter::ambiguous());
        let history = History {
            ambiguous: sending.ambiguous,
            taken: sending.delivered > 0,
            age: head.called_at.elapsed().unwrap_or_default(),
            trying: since.elapsed().unwrap_or_default(),
            in_batch,
        };
        let next = match (judge(refusal, history), refusal) {
            (Action::Settle(Completion::Delivered), None) => {
                self.lane.works();
                self.taken(sending, now)
            }
            (Action::Settle(settlement), _) => Transition::Complete(settlement),
            (Action::Retry, _) => {
                let pause = pause(&sending, refusal);
                let reason = refusal.map(ToString::to_string).unwrap_or_default();
                tracing::warn!(?pause, "not sent yet: {reason}");
                Transition::RetrySend(now + pause, sending)
            }
            (Action::Park(advice), _) => self.park(advice, refusal, sending, now),
            (Action::Probe, _) => self.probe(refusal, sending, now).await,
            // The portal took it before: only the repetition failed.
            (Action::GiveUp(_), _) if history.taken => Transition::Complete(Completion::Delivered),
            (Action::GiveUp(advice), refusal) => Transition::DeadLetter(because(advice, refusal)),
        };
        finish(self.shared, waiting, next).await;
    }

    /// The portal took the answer. Newer ones drop what meets a busy workflow, so it is said
    /// again.
    fn taken(&self, mut sending: SendHistory, now: SystemTime) -> Transition {
        let said = usize::try_from(sending.delivered).unwrap_or(usize::MAX);
        sending.delivered += 1;
        match self.shared.settings.redelivery.get(said) {
            Some(pause) => Transition::Redeliver(now + *pause, sending),
            None => Transition::Complete(Completion::Delivered),
        }
    }

    fn park(
        &self,
        advice: &str,
        refusal: Option<&Error>,
        sending: SendHistory,
        now: SystemTime,
    ) -> Transition {
        self.lane.park(&because(advice, refusal));
        Transition::RetrySend(now, sending)
    }

    /// `ACCESS_DENIED` is said of a step's token that is not the portal's, and of everything by a
    /// portal whose plan has no REST.
    async fn probe(
        &self,
        refusal: Option<&Error>,
        sending: SendHistory,
        now: SystemTime,
    ) -> Transition {
        self.lane.pace.turn("app.info").await;
        let stored = self.shared.client(&self.portal);
        let info = stored.call::<Value>("app.info", json!({}));
        match info.await {
            Err(error)
                if error.kind() == ErrorKind::Rejected && !error.has_code("expired_token") =>
            {
                let advice = "the portal refuses every call; look at its plan";
                self.park(advice, refusal, sending, now)
            }
            Err(error) if error.kind() != ErrorKind::Rejected => {
                Transition::RetrySend(now + pause(&sending, None), sending)
            }
            _ => Transition::DeadLetter(because("the step's token is not the portal's", refusal)),
        }
    }
}

/// The token that came with the youngest of these calls, if it is still good. Any token of the
/// application may answer for any call.
fn own_token<'a>(heads: impl IntoIterator<Item = &'a CallHead>) -> Option<SecretString> {
    let youngest = heads.into_iter().max_by_key(|head| head.called_at)?;
    let age = youngest.called_at.elapsed().unwrap_or_default();
    if age >= OWN_TOKEN {
        return None;
    }
    youngest.access_token.clone()
}

/// What is said of an answer that was not sent, because no token could be renewed.
fn without_token(expired: Error, not_renewed: &Error) -> Error {
    match not_renewed.kind() {
        // The authorisation server is not well, or the store: that passes.
        ErrorKind::Connect
        | ErrorKind::NoResponse
        | ErrorKind::InvalidResponse
        | ErrorKind::Store => Error::new(ErrorKind::Connect, not_renewed.to_string()),
        _ => expired.context(not_renewed),
    }
}

fn because(advice: &str, refusal: Option<&Error>) -> String {
    match refusal {
        Some(error) => format!("{advice}: {error}"),
        None => advice.to_owned(),
    }
}

/// The pause after so many attempts.
fn pause(sending: &SendHistory, refusal: Option<&Error>) -> Duration {
    let attempts = usize::try_from(sending.attempts).unwrap_or(usize::MAX);
    let is_busy = refusal.is_some_and(|error| error.has_code("423") || error.has_code("404"));
    let schedule = if is_busy { BUSY } else { PAUSES };
    pauses::nth(schedule, attempts.saturating_sub(1))
}
