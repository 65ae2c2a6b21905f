//! The records of the journal: lengths, a checksum, the head as JSON, and the body as it came.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::rest::EventToken;
use crate::store::{CallHead, NewCall};

/// A call in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JournaledCall {
    pub(super) call: NewCall,
    /// Whether its portal was authenticated; else that is still to do.
    pub(super) is_authenticated: bool,
}

/// The head of a record, before the call's body.
#[derive(Serialize, Deserialize)]
struct Head {
    event_token: EventToken,
    member_id: String,
    code: String,
    #[serde(rename = "waits")]
    expects_reply: bool,
    called_at: Duration,
    deadline: Option<Duration>,
    #[serde(rename = "is_proven")]
    is_authenticated: bool,
}

/// A call as a record.
pub(super) fn encode(journaled: &JournaledCall) -> io::Result<Vec<u8>> {
    let JournaledCall {
        call,
        is_authenticated,
    } = journaled;
    let since_epoch = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    };
    let head = serde_json::to_vec(&Head {
        event_token: call.head.event_token.clone(),
        member_id: call.head.member_id.clone(),
        code: call.head.code.clone(),
        expects_reply: call.head.expects_reply,
        called_at: since_epoch(call.head.called_at),
        deadline: call.head.deadline.map(since_epoch),
        is_authenticated: *is_authenticated,
    })?;
    let length = |part: &[u8]| u32::try_from(part.len()).map_err(io::Error::other);
    let mut record = Vec::with_capacity(12 + head.len() + call.body.len());
    record.extend(length(&head)?.to_be_bytes());
    record.extend(length(&call.body)?.to_be_bytes());
    record.extend(checksum(&head, &call.body).to_be_bytes());
    record.extend(head);
    record.extend(&call.body);
    Ok(record)
}

fn checksum(head: &[u8], body: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(head);
    sum.update(body);
    sum.finalize()
}

/// The whole records of a file, and where they end.
pub(super) fn records(file: &mut File) -> io::Result<(Vec<JournaledCall>, u64)> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let mut found = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((journaled, after)) = decode(rest) {
        found.push(journaled);
        rest = after;
    }
    let end = bytes.len() - rest.len();
    Ok((found, u64::try_from(end).unwrap_or(u64::MAX)))
}

/// The first record, if it is whole.
fn decode(bytes: &[u8]) -> Option<(JournaledCall, &[u8])> {
    let (head_bytes, rest) = read_u32(bytes)?;
    let (body_bytes, rest) = read_u32(rest)?;
    let (sum, rest) = read_u32(rest)?;
    let (head, rest) = rest.split_at_checked(usize::try_from(head_bytes).ok()?)?;
    let (body, rest) = rest.split_at_checked(usize::try_from(body_bytes).ok()?)?;
    if checksum(head, body) != sum {
        return None;
    }
    let head = serde_json::from_slice::<Head>(head).ok()?;
    let at = |since| SystemTime::UNIX_EPOCH.checked_add(since);
    // The rest of the head is read from the body.
    let mut call_head = CallHead::new(head.event_token, head.member_id, head.code);
    call_head.expects_reply = head.expects_reply;
    call_head.called_at = at(head.called_at)?;
    call_head.deadline = head.deadline.and_then(at);
    let journaled = JournaledCall {
        call: NewCall::new(call_head, body.to_vec()),
        is_authenticated: head.is_authenticated,
    };
    Some((journaled, rest))
}

fn read_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}
