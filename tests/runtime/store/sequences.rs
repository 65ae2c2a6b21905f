//! Random sequences of everything that a store does, against the model.
//!
//! `STORE_SEQUENCES=5000` runs more of them, `STORE_SEED=1` others.

use std::sync::Arc;

use bizproc_runtime::store::{
    CallFilter, Claim, Completion, RunQuota, SendHistory, Store, Transition,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::backends::{Backend, at, reply, token};
use super::model::{Call, Model};

const NAMES: usize = 9;
const CODES: [&str; 3] = ["one", "two", "three"];
const MEMBERS: [&str; 2] = ["x", "y"];

/// An operation on a store. Times are seconds from now.
#[derive(Debug, Clone)]
enum Op {
    Accept {
        name: usize,
        deadline: Option<u64>,
        waits: bool,
        body: u8,
    },
    ClaimRuns {
        quotas: Vec<usize>,
        total: usize,
        lease: u64,
    },
    ClaimReplies {
        member: usize,
        limit: usize,
        lease: u64,
    },
    SaveReply {
        name: usize,
        text: u8,
    },
    /// By any former claim, more likely a recent one.
    Finish {
        claim: usize,
        next: usize,
        time: u64,
        text: u8,
    },
    Extend {
        claims: Vec<usize>,
        lease: u64,
    },
    Release {
        claims: Vec<usize>,
    },
    RetryDead {
        name: usize,
    },
    ReleaseDue {
        passes: u64,
    },
    Purge {
        ago: u64,
        limit: usize,
    },
    RemovePortal {
        member: usize,
    },
    Crash,
}

fn op() -> impl Strategy<Value = Op> {
    let name = || 0..NAMES;
    let time = || 0..30_u64;
    let claim = || prop_oneof![4 => 0..3_usize, 1 => 0..20_usize];
    let claims = || prop::collection::vec(claim(), 0..4);
    prop_oneof![
        8 => (name(), prop::option::of(0..60_u64), prop::bool::weighted(0.8), any::<u8>())
            .prop_map(|(name, deadline, waits, body)| Op::Accept { name, deadline, waits, body }),
        6 => (prop::collection::vec(0..4_usize, CODES.len()), 0..6_usize, time())
            .prop_map(|(quotas, total, lease)| Op::ClaimRuns { quotas, total, lease }),
        6 => (0..MEMBERS.len(), 0..4_usize, time())
            .prop_map(|(member, limit, lease)| Op::ClaimReplies { member, limit, lease }),
        3 => (name(), any::<u8>()).prop_map(|(name, text)| Op::SaveReply { name, text }),
        14 => (claim(), 0..11_usize, time(), any::<u8>())
            .prop_map(|(claim, next, time, text)| Op::Finish { claim, next, time, text }),
        2 => (claims(), time()).prop_map(|(claims, lease)| Op::Extend { claims, lease }),
        2 => claims().prop_map(|claims| Op::Release { claims }),
        2 => name().prop_map(|name| Op::RetryDead { name }),
        5 => time().prop_map(|passes| Op::ReleaseDue { passes }),
        1 => (0..60_u64, 0..4_usize).prop_map(|(ago, limit)| Op::Purge { ago, limit }),
        1 => (0..MEMBERS.len()).prop_map(|member| Op::RemovePortal { member }),
        1 => Just(Op::Crash),
    ]
}

/// A store and the model beside it.
struct Pair<'a> {
    backend: &'a Backend,
    store: Arc<dyn Store>,
    model: Model,
    /// All claims so far.
    claims: Vec<Claim>,
    now: u64,
}

macro_rules! agree {
    ($given:expr, $expected:expr) => {{
        let given = $given;
        let expected = $expected;
        prop_assert_eq!(given, expected)
    }};
}

type Checked = Result<(), TestCaseError>;

impl Pair<'_> {
    async fn apply(&mut self, op: &Op) -> Checked {
        let now = self.now;
        match op {
            Op::Accept {
                name,
                deadline,
                waits,
                body,
            } => {
                let deadline = deadline.map(|deadline| now + deadline);
                self.accept(*name, deadline, *waits, *body).await?;
            }
            Op::ClaimRuns {
                quotas,
                total,
                lease,
            } => self.claim_runs(quotas, *total, now + lease).await?,
            Op::ClaimReplies {
                member,
                limit,
                lease,
            } => {
                let member = MEMBERS[*member];
                self.claim_replies(member, *limit, now + lease).await?;
            }
            Op::SaveReply { name, text } => self.save_reply(*name, *text).await?,
            Op::Finish {
                claim,
                next,
                time,
                text,
            } => self.finish(*claim, *next, now + time, *text).await?,
            Op::Extend { claims, lease } => {
                let (places, claims) = self.claims_of(claims);
                let extended = self.store.extend_leases(&claims, at(now + lease)).await;
                extended.unwrap();
                self.model.extend(&places, now + lease);
            }
            Op::Release { claims } => {
                let (places, claims) = self.claims_of(claims);
                self.store.release_claims(&claims).await.unwrap();
                self.model.release(&places);
            }
            Op::RetryDead { name } => {
                let name = &name.to_string();
                let retried = self.store.retry_dead(&token(name)).await.ok();
                agree!(retried, self.model.retry_dead(name));
            }
            Op::ReleaseDue { passes } => {
                self.now += passes;
                let next = self.store.release_due(at(self.now)).await.unwrap();
                agree!(next, self.model.release_due(self.now).map(at));
            }
            Op::Purge { ago, limit } => self.purge(now.saturating_sub(*ago), *limit).await?,
            Op::RemovePortal { member } => self.remove_portal(MEMBERS[*member]).await,
            Op::Crash => self.crash().await,
        }
        self.compare().await
    }

    async fn accept(
        &mut self,
        name: usize,
        deadline: Option<u64>,
        waits: bool,
        body: u8,
    ) -> Checked {
        let mut call = Call::new(&name.to_string(), self.now);
        CODES[name % CODES.len()].clone_into(&mut call.code);
        MEMBERS[name % MEMBERS.len()].clone_into(&mut call.member_id);
        call.deadline = deadline;
        call.waits = waits;
        call.body = format!("body {body}");
        let accepted = self.store.accept(call.as_new(), at(self.now)).await;
        agree!(accepted.unwrap(), self.model.accept(call));
        Ok(())
    }

    async fn save_reply(&mut self, name: usize, text: u8) -> Checked {
        let name = &name.to_string();
        let text = &text.to_string();
        let now = self.now;
        let event_token = token(name);
        let saved = self
            .store
            .save_reply(&event_token, reply(text), at(now))
            .await;
        agree!(saved.ok(), self.model.reply(name, text, now));
        Ok(())
    }

    async fn purge(&mut self, before: u64, limit: usize) -> Checked {
        let purged = self.store.purge_completed(at(before), limit).await;
        agree!(purged.unwrap(), self.model.purge(before, limit));
        Ok(())
    }

    async fn remove_portal(&mut self, member_id: &str) {
        let removed = self.store.remove_portal(member_id, at(self.now)).await;
        removed.unwrap();
        self.model.remove_portal(member_id, self.now);
    }

    /// Claims by how many followed them, with their places among all.
    fn claims_of(&self, back: &[usize]) -> (Vec<usize>, Vec<Claim>) {
        let place = |back: &usize| {
            let last = self.claims.len().checked_sub(1)?;
            last.checked_sub(*back)
        };
        let places: Vec<_> = back.iter().filter_map(place).collect();
        let claim = |place: &usize| self.claims[*place].clone();
        let claims = places.iter().map(claim).collect();
        (places, claims)
    }

    async fn claim_runs(&mut self, quotas: &[usize], total: usize, lease: u64) -> Checked {
        let codes = CODES.into_iter().zip(quotas);
        let wanted: Vec<_> = codes
            .clone()
            .map(|(code, max)| RunQuota { code, max: *max })
            .collect();
        let claimed = self.store.claim_runs(&wanted, total, at(lease)).await;
        let runs = claimed.unwrap();
        let limits: Vec<_> = codes.map(|(code, max)| (code.to_owned(), *max)).collect();
        let expected = self.model.claim_runs(&limits, total, lease);
        agree!(runs.len(), expected.len());
        for (run, place) in runs.into_iter().zip(expected) {
            let call = &self.model.calls[place];
            prop_assert!(call.agrees_to_run(&run), "{run:?}\n{call:?}");
            self.claimed(run.claim)?;
        }
        Ok(())
    }

    async fn claim_replies(&mut self, member: &str, limit: usize, lease: u64) -> Checked {
        let claimed = self.store.claim_replies(member, limit, at(lease)).await;
        let sends = claimed.unwrap();
        let expected = self.model.claim_replies(member, limit, lease);
        agree!(sends.len(), expected.len());
        for (send, place) in sends.into_iter().zip(expected) {
            let call = &self.model.calls[place];
            prop_assert!(call.agrees_to_send(&send), "{send:?}\n{call:?}");
            self.claimed(send.claim)?;
        }
        Ok(())
    }

    fn claimed(&mut self, claim: Claim) -> Checked {
        let mut former = self.claims.iter();
        let is_newest = former
            .all(|former| former.event_token != claim.event_token || former.fence < claim.fence);
        self.claims.push(claim);
        prop_assert!(is_newest, "a fence that does not grow");
        Ok(())
    }

    async fn finish(&mut self, claim: usize, next: usize, time: u64, text: u8) -> Checked {
        let now = self.now;
        let text = text.to_string();
        let (places, claims) = self.claims_of(&[claim]);
        let Some((place, claim)) = places.first().zip(claims.first()) else {
            return Ok(());
        };
        let mut history = SendHistory::default();
        history.attempts = u32::try_from(time).unwrap();
        history.first_attempt_at = Some(at(now));
        history.ambiguous = time.is_multiple_of(2);
        history.delivered = 1;
        let next = match next {
            0 => Transition::RetryRun(at(time)),
            1 => Transition::Defer,
            2 | 3 => Transition::Reply(reply(&text)),
            4 | 5 => Transition::RetrySend(at(time), history),
            6 | 7 => Transition::Redeliver(at(time), history),
            8 => Transition::Complete(Completion::Delivered),
            9 => Transition::Complete(Completion::WorkflowGone),
            _ => Transition::DeadLetter(text.clone()),
        };
        let finished = self.store.finish(claim, next.clone(), at(now)).await.ok();
        agree!(finished, self.model.finish(*place, &next, time, &text, now));
        Ok(())
    }

    async fn crash(&mut self) {
        if let Some(store) = self.backend.crash().await {
            self.store = store;
            if !self.backend.leases_outlive_the_program() {
                self.model.release_all();
            }
        }
    }

    /// Compares everything that can be read.
    async fn compare(&self) -> Checked {
        let records = self.store.calls(&CallFilter::default()).await.unwrap();
        agree!(records.len(), self.model.calls.len());
        for (record, call) in records.iter().zip(&self.model.calls) {
            prop_assert!(call.agrees(record), "{record:?}\n{call:?}");
        }
        let counts = self.store.counts().await.unwrap();
        prop_assert!(self.model.agrees_on(&counts), "{counts:?}");
        let mut codes = self.store.runnable_robots().await.unwrap();
        codes.sort_unstable();
        agree!(codes, self.model.runnable_robots());
        let mut portals = self.store.portals_with_replies().await.unwrap();
        portals.sort_unstable();
        agree!(portals, self.model.portals_with_replies());
        Ok(())
    }
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

/// The store does what the model does.
pub(crate) async fn the_model_agrees(backend: &Backend) {
    let seed = variable("STORE_SEED").unwrap_or(20_221_205);
    let cases = match variable("STORE_SEQUENCES") {
        Some(cases) => cases.try_into().unwrap(),
        None => backend.sequences(),
    };
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Handle::current();
    let tested = tokio::task::block_in_place(|| {
        let ops = prop::collection::vec(op(), 1..80);
        TestRunner::new(config).run(&ops, |ops| {
            runtime.block_on(async {
                let own = backend.another().await;
                let mut pair = Pair {
                    store: own.open().await,
                    backend: &own,
                    model: Model::default(),
                    claims: Vec::new(),
                    now: 0,
                };
                for op in &ops {
                    pair.apply(op).await?;
                }
                Ok(())
            })
        })
    });
    if let Err(error) = tested {
        panic!("with STORE_SEED={seed}: {error}");
    }
}
