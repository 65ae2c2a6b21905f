//! What is claimed: decrypted outside of the transaction that claimed it.

use std::time::SystemTime;

use bytes::Bytes;

use crate::error::Result;
use crate::rest::EventToken;
use crate::store::interface::Store;
use crate::store::model::{CallHead, CallToRun, Claim, ReplyToSend, Transition};
use crate::store::sql::cipher::{Cipher, Sealed, body_label, head_label};
use crate::store::sql::head;

/// A claimed call as a database gives it.
#[derive(Debug)]
pub(in crate::store) struct Claimed<T> {
    pub(in crate::store) work: T,
    /// `None` when the call was accepted before heads were kept; then the body is here.
    pub(in crate::store) head: Option<Sealed>,
    pub(in crate::store) body: Option<Sealed>,
}

/// What a call is claimed for.
pub(in crate::store) trait Work {
    fn claim(&self) -> &Claim;
    fn head(&mut self) -> &mut CallHead;
    fn set_body(&mut self, body: Bytes);
}

impl Work for CallToRun {
    fn claim(&self) -> &Claim {
        &self.claim
    }

    fn head(&mut self) -> &mut CallHead {
        &mut self.call.head
    }

    fn set_body(&mut self, body: Bytes) {
        self.call.body = body;
    }
}

impl Work for ReplyToSend {
    fn claim(&self) -> &Claim {
        &self.claim
    }

    fn head(&mut self) -> &mut CallHead {
        &mut self.head
    }

    /// A reply is sent without it.
    fn set_body(&mut self, _: Bytes) {}
}

/// Decrypts what was claimed. A call that cannot be decrypted becomes a dead letter, so that it
/// holds up no others.
pub(in crate::store) async fn decrypt<T: Work>(
    store: &dyn Store,
    cipher: &Cipher,
    claimed: Vec<Claimed<T>>,
) -> Result<Vec<T>> {
    let mut decrypted = Vec::with_capacity(claimed.len());
    for Claimed {
        mut work,
        head,
        body,
    } in claimed
    {
        let Err(error) = open(cipher, &mut work, head, body) else {
            decrypted.push(work);
            continue;
        };
        let claim = work.claim();
        tracing::error!(event = ?claim.event_token, "a call becomes a dead letter: {error}");
        let dead = Transition::DeadLetter(format!("it cannot be read: {error}"));
        store.finish(claim, dead, SystemTime::UNIX_EPOCH).await?;
    }
    Ok(decrypted)
}

fn open(
    cipher: &Cipher,
    work: &mut impl Work,
    head: Option<Sealed>,
    body: Option<Sealed>,
) -> Result<()> {
    let token = work.claim().event_token.clone();
    let opened = body
        .map(|body| open_body(cipher, &token, body))
        .transpose()?;
    if let Some(head) = head {
        let json = cipher.open(&head_label(&token), head)?;
        head::complete(work.head(), &json)?;
    } else if let Some(body) = &opened {
        head::complete_from_body(work.head(), body);
    }
    if let Some(body) = opened {
        work.set_body(body);
    }
    Ok(())
}

fn open_body(cipher: &Cipher, token: &EventToken, body: Sealed) -> Result<Bytes> {
    tracing::trace!(event = ?token, "a body is read from the store");
    cipher.open(&body_label(token), body)
}
