//! Sends claimed replies to one portal, and finishes each by the portal's response.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use secrecy::SecretString;
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::link::PortalLink;
use super::request::{Request, Requests, SendResult};
use super::verdict::{Action, SendContext, judge};
use crate::app::backoff::{BUSY_WORKFLOW_BACKOFF, SEND_BACKOFF, delay_after};
use crate::app::leases::{Held, Leases};
use crate::app::portals::{Portals, is_redirect};
use crate::app::telemetry::outcome::send_label;
use crate::app::telemetry::{metrics, spans};
use crate::error::{Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::rest::{Batch, EVENT_SEND, Permit};
use crate::store::{CallHead, Completion, ReplyToSend, SendHistory, Store, Transition};

/// How long the token that came with a call is used: it lives an hour.
const CALL_TOKEN_LIFETIME: Duration = Duration::from_mins(55);

/// A reply to send, and the claim to it.
pub(super) struct ClaimedReply {
    reply: ReplyToSend,
    held: Held,
}

/// Claims replies and delivers them.
pub(super) struct Deliverer {
    store: Arc<dyn Store>,
    portals: Arc<Portals>,
    leases: Arc<Leases>,
    redelivery: Vec<Duration>,
}

impl Deliverer {
    pub(super) fn new(
        store: &Arc<dyn Store>,
        portals: &Arc<Portals>,
        leases: &Arc<Leases>,
        redelivery: Vec<Duration>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            portals: Arc::clone(portals),
            leases: Arc::clone(leases),
            redelivery,
        }
    }

    /// Claims as many replies as one request to the portal has.
    pub(super) async fn claim(&self, link: &PortalLink) -> Result<Vec<ClaimedReply>> {
        let claimed = self
            .store
            .claim_replies(&link.member_id, link.batch_size(), Leases::expiry())
            .await?;
        let hold = |reply: ReplyToSend| ClaimedReply {
            held: self.leases.hold(reply.claim.clone()),
            reply,
        };
        Ok(claimed.into_iter().map(hold).collect())
    }

    /// Sends replies to one portal: one by itself, several in a batch, and those that a batch cannot
    /// carry by themselves. The first request uses the permit.
    pub(super) async fn deliver(
        &self,
        link: &PortalLink,
        claimed: Vec<ClaimedReply>,
        permit: Permit,
    ) {
        let Some(portal) = self.portals.get(&link.member_id).await else {
            for reply in claimed {
                self.complete(reply, Completion::Uninstalled).await;
            }
            return;
        };
        let delivery = Delivery {
            deliverer: self,
            link,
            portal,
        };
        let is_alone = claimed.len() == 1;
        let mut batch = Batch::new();
        let mut batched = Vec::new();
        let mut single = Vec::new();
        for claimed in claimed {
            if claimed.reply.head.is_late(SystemTime::now()) {
                let completion = match claimed.reply.history.delivered {
                    0 => Completion::Expired,
                    _ => Completion::Delivered,
                };
                self.complete(claimed, completion).await;
            } else if is_alone || !add(&mut batch, &claimed.reply) {
                single.push(claimed);
            } else {
                batched.push(claimed);
            }
        }
        let mut permit = Some(permit);
        if !batched.is_empty() {
            let permit = delivery.permit(permit.take()).await;
            delivery.deliver_batch(&batch, batched, permit).await;
        }
        for claimed in single {
            let permit = delivery.permit(permit.take()).await;
            delivery.deliver_one(claimed, permit).await;
        }
    }

    async fn complete(&self, claimed: ClaimedReply, completion: Completion) {
        let span = spans::reply_span(&claimed.reply);
        let next = Transition::Complete(completion);
        self.finish(claimed, next).instrument(span).await;
    }

    async fn finish(&self, claimed: ClaimedReply, next: Transition) {
        metrics::send_finished(&claimed.reply, &next);
        let outcome = send_label(&next);
        match &next {
            Transition::Complete(_) => tracing::info!(outcome, "the call is completed"),
            Transition::Redeliver(..) => {
                tracing::info!(outcome, "the portal acknowledged the reply");
            }
            Transition::DeadLetter(reason) => tracing::error!(outcome, "dead letter: {reason}"),
            _ => tracing::info!(outcome, "the reply will be sent again"),
        }
        if !self.leases.finish(claimed.held, next).await {
            tracing::warn!("another process has taken over the call");
        }
    }
}

/// Adds the reply to the batch; `false` when the batch cannot carry it.
fn add(batch: &mut Batch, reply: &ReplyToSend) -> bool {
    let ReplyToSend { head, reply, .. } = reply;
    let log_message = reply.log_message.as_deref();
    let added = batch.event_send(&head.event_token, &reply.return_values, log_message);
    added.is_ok()
}

/// Replies on their way to one portal.
struct Delivery<'a> {
    deliverer: &'a Deliverer,
    link: &'a PortalLink,
    portal: Arc<Portal>,
}

impl Delivery<'_> {
    /// The permit that is left, or a new one.
    async fn permit(&self, left: Option<Permit>) -> Permit {
        match left {
            Some(permit) => permit,
            None => self.link.limiter.acquire(EVENT_SEND).await,
        }
    }

    async fn deliver_one(&self, claimed: ClaimedReply, permit: Permit) {
        let request = Request::One(&claimed.reply);
        let token = call_token([&claimed.reply.head]);
        let result = self.send(request, 1, token, permit).await;
        self.finish_all(vec![claimed], result, false).await;
    }

    async fn deliver_batch(&self, batch: &Batch, group: Vec<ClaimedReply>, permit: Permit) {
        let token = call_token(group.iter().map(|claimed| &claimed.reply.head));
        let result = self
            .send(Request::Many(batch), group.len(), token, permit)
            .await;
        self.finish_all(group, result, true).await;
    }

    async fn send(
        &self,
        request: Request<'_>,
        replies: usize,
        call_token: Option<SecretString>,
        permit: Permit,
    ) -> Result<Vec<SendResult>> {
        let requests = Requests {
            portals: &self.deliverer.portals,
            limiter: &self.link.limiter,
            portal: &self.portal,
        };
        let began = Instant::now();
        let result = requests.send(request, call_token, permit).await;
        match &result {
            Ok(_) => self.link.record_latency(replies, began.elapsed()),
            Err(error) if error.is_ambiguous() => self.link.record_failure(),
            Err(_) => {}
        }
        result
    }

    /// Finishes each reply of a request. All at the same time, so that a store has one commit for
    /// them.
    async fn finish_all(
        &self,
        group: Vec<ClaimedReply>,
        result: Result<Vec<SendResult>>,
        is_batch: bool,
    ) {
        match result {
            Ok(responses) => {
                join_all(
                    group
                        .into_iter()
                        .zip(responses)
                        .map(async |(claimed, response)| {
                            self.conclude(claimed, response.err().as_ref(), is_batch)
                                .await;
                        }),
                )
                .await;
            }
            Err(error) => {
                let has_moved = is_redirect(&error) && self.has_moved().await;
                join_all(group.into_iter().map(async |claimed| {
                    if has_moved {
                        self.send_again(claimed).await;
                    } else {
                        self.conclude(claimed, Some(&error), false).await;
                    }
                }))
                .await;
            }
        }
    }

    /// Whether the portal is at another address, which is stored by now.
    async fn has_moved(&self) -> bool {
        let refreshed = self.deliverer.portals.refresh_endpoint(&self.portal).await;
        refreshed.unwrap_or_else(|error| {
            let portal = &self.portal.member_id;
            tracing::error!(portal, "the portal redirects its requests: {error}");
            false
        })
    }

    /// Has a reply sent to the portal's new address.
    async fn send_again(&self, claimed: ClaimedReply) {
        let span = spans::reply_span(&claimed.reply);
        let history = claimed.reply.history.clone();
        let next = Transition::RetrySend(SystemTime::now(), history);
        self.deliverer.finish(claimed, next).instrument(span).await;
    }

    async fn conclude(&self, claimed: ClaimedReply, refusal: Option<&Error>, in_batch: bool) {
        let span = spans::reply_span(&claimed.reply);
        let concluding = async {
            let next = self.transition(&claimed.reply, refusal, in_batch).await;
            self.deliverer.finish(claimed, next).await;
        };
        concluding.instrument(span).await;
    }

    /// The next state of a call whose reply was sent.
    async fn transition(
        &self,
        reply: &ReplyToSend,
        refusal: Option<&Error>,
        in_batch: bool,
    ) -> Transition {
        let now = SystemTime::now();
        let mut history = reply.history.clone();
        history.attempts += 1;
        let first_attempt_at = *history.first_attempt_at.get_or_insert(now);
        if refusal.is_some_and(Error::is_ambiguous) {
            history.ambiguous = true;
            metrics::send_ambiguous();
        }
        let context = SendContext {
            ambiguous: history.ambiguous,
            delivered: history.delivered > 0,
            age: reply.head.called_at.elapsed().unwrap_or_default(),
            trying_for: first_attempt_at.elapsed().unwrap_or_default(),
            in_batch,
        };
        match (judge(refusal, context), refusal) {
            (Action::Complete(Completion::Delivered), None) => {
                self.link.pause.mark_healthy();
                self.delivered(history, now)
            }
            (Action::Complete(completion), _) => Transition::Complete(completion),
            (Action::Retry, _) => {
                let retry_in = send_delay(&history, refusal);
                let reason = refusal.map(ToString::to_string).unwrap_or_default();
                tracing::warn!(?retry_in, "the reply was not delivered: {reason}");
                Transition::RetrySend(now + retry_in, history)
            }
            (Action::Pause(advice), _) => self.pause(advice, refusal, history, now),
            (Action::Diagnose, _) => self.diagnose(refusal, history, now).await,
            // The portal acknowledged it before: only the redelivery failed.
            (Action::DeadLetter(_), _) if context.delivered => {
                Transition::Complete(Completion::Delivered)
            }
            (Action::DeadLetter(advice), refusal) => {
                Transition::DeadLetter(reason(advice, refusal))
            }
        }
    }

    /// The portal acknowledged the reply. Newer portals silently drop a reply that meets a busy
    /// workflow, so it is redelivered.
    fn delivered(&self, mut history: SendHistory, now: SystemTime) -> Transition {
        let before = usize::try_from(history.delivered).unwrap_or(usize::MAX);
        history.delivered += 1;
        match self.deliverer.redelivery.get(before) {
            Some(delay) => Transition::Redeliver(now + *delay, history),
            None => Transition::Complete(Completion::Delivered),
        }
    }

    /// Pauses the portal, before the reply is released to be sent again: else it would be sent
    /// immediately.
    fn pause(
        &self,
        advice: &str,
        refusal: Option<&Error>,
        history: SendHistory,
        now: SystemTime,
    ) -> Transition {
        self.link.pause.begin(&reason(advice, refusal));
        Transition::RetrySend(now, history)
    }

    /// A portal says `ACCESS_DENIED` to a step's token that is not its own, and to everything when
    /// its plan has no REST. Another request finds out which of the two it is.
    async fn diagnose(
        &self,
        refusal: Option<&Error>,
        history: SendHistory,
        now: SystemTime,
    ) -> Transition {
        const METHOD: &str = "app.info";
        let client = self.deliverer.portals.limited_client(&self.portal);
        match client.call::<Value>(METHOD, json!({})).await {
            Err(error)
                if error.kind() == ErrorKind::Rejected && !error.has_code("expired_token") =>
            {
                let advice = "the portal refuses every request; look at its plan";
                self.pause(advice, refusal, history, now)
            }
            Err(error) if error.kind() != ErrorKind::Rejected => {
                Transition::RetrySend(now + send_delay(&history, None), history)
            }
            _ => Transition::DeadLetter(reason("the step's token is not the portal's", refusal)),
        }
    }
}

/// The token that came with the youngest of these calls, if it is still good. Any token of the
/// application may reply to any call.
fn call_token<'a>(heads: impl IntoIterator<Item = &'a CallHead>) -> Option<SecretString> {
    let youngest = heads.into_iter().max_by_key(|head| head.called_at)?;
    let age = youngest.called_at.elapsed().unwrap_or_default();
    if age >= CALL_TOKEN_LIFETIME {
        return None;
    }
    youngest.access_token.clone()
}

fn reason(advice: &str, refusal: Option<&Error>) -> String {
    match refusal {
        Some(error) => format!("{advice}: {error}"),
        None => advice.to_owned(),
    }
}

/// The delay before the next attempt.
fn send_delay(history: &SendHistory, refusal: Option<&Error>) -> Duration {
    let is_busy = refusal.is_some_and(|error| error.has_code("423") || error.has_code("404"));
    let schedule = if is_busy {
        BUSY_WORKFLOW_BACKOFF
    } else {
        SEND_BACKOFF
    };
    delay_after(schedule, history.attempts.saturating_sub(1))
}
