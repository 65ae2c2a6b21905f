//! How the columns of a database hold a call and a portal.

use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::{ColumnIndex, Database, Decode, Row, Type};
use url::Url;

use super::entry::Entry;
use super::{CallCounts, CallStage, Completion, SendHistory, StoredReply};
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::portal::Portal;
use crate::property::Culture;
use crate::rest::EventToken;

/// A failure of the database, or of what it gave.
pub(super) type SqlResult<T> = Result<T, sqlx::Error>;

/// A deadline that never comes: last in every order.
pub(super) const NEVER: i64 = i64::MAX;

/// The columns of [`entry`], in their order.
macro_rules! columns {
    () => {
        "calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, \
         stage, has_answer, settlement, reason, due, is_claimed, fence, starts, failures, \
         attempts, since, ambiguous, taken, settled_at"
    };
}
pub(super) use columns;

/// How many columns [`entry`] reads; what is selected beside them follows.
pub(super) const COLUMNS: usize = 22;

/// What finds a call: event tokens have any length, and an index is better short.
pub(super) fn key(token: &EventToken) -> Vec<u8> {
    let digest = Sha256::digest(token.as_str());
    digest.iter().copied().take(16).collect()
}

/// Milliseconds since 1970, rounded down.
pub(super) fn to_ms(time: SystemTime) -> i64 {
    let ms = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(NEVER),
        Err(before) => {
            let before = before.duration().as_nanos().div_ceil(1_000_000);
            i64::try_from(before).map_or(i64::MIN, |before| -before)
        }
    };
    ms.min(NEVER - 1)
}

/// The nearest time that there is.
pub(super) fn to_time(ms: i64) -> SystemTime {
    let epoch = SystemTime::UNIX_EPOCH;
    let distance = Duration::from_millis(ms.unsigned_abs());
    let time = if ms < 0 {
        epoch.checked_sub(distance)
    } else {
        epoch.checked_add(distance)
    };
    time.unwrap_or(epoch)
}

pub(super) fn deadline_to_ms(deadline: Option<SystemTime>) -> i64 {
    deadline.map_or(NEVER, to_ms)
}

pub(super) fn stage_to_number(stage: CallStage) -> i64 {
    match stage {
        CallStage::Accepted => 0,
        CallStage::Deferred => 1,
        CallStage::Replied => 2,
        CallStage::Delivered => 3,
        CallStage::Completed => 4,
        CallStage::Dead => 5,
    }
}

fn stage(number: i64) -> SqlResult<CallStage> {
    Ok(match number {
        0 => CallStage::Accepted,
        1 => CallStage::Deferred,
        2 => CallStage::Replied,
        3 => CallStage::Delivered,
        4 => CallStage::Completed,
        5 => CallStage::Dead,
        other => return Err(damaged(format!("{other} is no stage of a call"))),
    })
}

fn settlement(text: &str) -> SqlResult<Completion> {
    let mut all = Completion::ALL.into_iter();
    all.find(|settlement| settlement.name() == text)
        .ok_or_else(|| damaged(format!("`{text}` is no end of a call")))
}

/// A row that this program did not write.
pub(super) fn damaged(error: impl Into<BoxError>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

/// A number of the database as one that counts; one that does not fit becomes the largest.
pub(super) fn to_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn to_u64(number: i64) -> u64 {
    number.try_into().unwrap_or_default()
}

fn to_u32(number: i64) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// A row that a call's columns can be read from.
pub(super) trait CallRow: Row {
    fn i64(&self, column: usize) -> SqlResult<i64>;
    fn i64_or_none(&self, column: usize) -> SqlResult<Option<i64>>;
    fn bool(&self, column: usize) -> SqlResult<bool>;
    fn text(&self, column: usize) -> SqlResult<String>;
    fn text_or_none(&self, column: usize) -> SqlResult<Option<String>>;
}

impl<D, R> CallRow for R
where
    D: Database<Row = R>,
    R: Row<Database = D>,
    usize: ColumnIndex<R>,
    i64: for<'r> Decode<'r, D> + Type<D>,
    bool: for<'r> Decode<'r, D> + Type<D>,
    String: for<'r> Decode<'r, D> + Type<D>,
{
    fn i64(&self, column: usize) -> SqlResult<i64> {
        self.try_get(column)
    }

    fn i64_or_none(&self, column: usize) -> SqlResult<Option<i64>> {
        self.try_get(column)
    }

    fn bool(&self, column: usize) -> SqlResult<bool> {
        self.try_get(column)
    }

    fn text(&self, column: usize) -> SqlResult<String> {
        self.try_get(column)
    }

    fn text_or_none(&self, column: usize) -> SqlResult<Option<String>> {
        self.try_get(column)
    }
}

/// Reads [`columns`].
pub(super) fn entry(row: &impl CallRow) -> SqlResult<Entry> {
    let time = |column| row.i64(column).map(to_time);
    let time_or_none = |column| SqlResult::Ok(row.i64_or_none(column)?.map(to_time));
    let ended = row.text_or_none(10)?;
    let deadline = row.i64(6)?;
    Ok(Entry {
        number: to_u64(row.i64(0)?),
        event_token: EventToken::new(row.text(1)?),
        member_id: row.text(2)?,
        code: row.text(3)?,
        waits: row.bool(4)?,
        called_at: time(5)?,
        deadline: (deadline != NEVER).then(|| to_time(deadline)),
        accepted_at: time(7)?,
        stage: stage(row.i64(8)?)?,
        has_answer: row.bool(9)?,
        settlement: ended.as_deref().map(settlement).transpose()?,
        reason: row.text_or_none(11)?,
        due: time_or_none(12)?,
        is_claimed: row.bool(13)?,
        fence: to_u64(row.i64(14)?),
        starts: to_u32(row.i64(15)?),
        failures: to_u32(row.i64(16)?),
        sending: SendHistory {
            attempts: to_u32(row.i64(17)?),
            first_attempt_at: time_or_none(18)?,
            ambiguous: row.bool(19)?,
            delivered: to_u32(row.i64(20)?),
        },
        settled_at: time_or_none(21)?,
    })
}

/// From the stages, how many calls stand there, and when the oldest of them was accepted.
pub(super) fn counts(rows: &[(i64, i64, i64)]) -> CallCounts {
    let mut counts = CallCounts::default();
    let mut oldest: Option<i64> = None;
    for &(stage, count, accepted_at) in rows {
        let (place, is_open) = match stage {
            0 => (&mut counts.accepted, true),
            1 => (&mut counts.deferred, true),
            2 => (&mut counts.replied, true),
            3 => (&mut counts.delivered, false),
            4 => (&mut counts.completed, false),
            _ => (&mut counts.dead, false),
        };
        *place = count.try_into().unwrap_or_default();
        if is_open {
            oldest = Some(oldest.map_or(accepted_at, |oldest| oldest.min(accepted_at)));
        }
    }
    counts.oldest_open = oldest.map(to_time);
    counts
}

pub(super) fn answer_to_text(answer: &StoredReply) -> Result<String> {
    serde_json::to_string(answer).map_err(|error| {
        Error::new(ErrorKind::Store, "the answer cannot be written as JSON").with_source(error)
    })
}

pub(super) fn answer(text: &str) -> SqlResult<StoredReply> {
    serde_json::from_str(text).map_err(damaged)
}

/// A portal as it is kept: JSON, the tokens as they are. Whoever keeps it, encrypts it.
#[derive(Serialize, Deserialize)]
struct Kept {
    member_id: String,
    client_id: String,
    client_endpoint: String,
    server_endpoint: String,
    application_token: String,
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    user_id: Option<u64>,
    #[serde(default)]
    date_format: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
}

pub(super) fn portal_to_json(portal: &Portal) -> Result<Vec<u8>> {
    let text = |secret: &SecretString| secret.expose_secret().to_owned();
    let kept = Kept {
        member_id: portal.member_id.clone(),
        client_id: portal.client_id.clone(),
        client_endpoint: portal.client_endpoint.to_string(),
        server_endpoint: portal.server_endpoint.to_string(),
        application_token: text(&portal.application_token),
        access_token: text(&portal.access_token),
        refresh_token: portal.refresh_token.as_ref().map(text),
        user_id: portal.user_id,
        date_format: portal.culture.date_format().map(str::to_owned),
        time_zone: time_zone_to_text(&portal.culture),
    };
    serde_json::to_vec(&kept).map_err(|error| {
        Error::new(ErrorKind::Store, "the portal cannot be written as JSON").with_source(error)
    })
}

pub(super) fn portal(json: &[u8]) -> Result<Portal> {
    let kept: Kept = serde_json::from_slice(json).map_err(|error| {
        Error::new(ErrorKind::Store, "a portal is kept that cannot be read").with_source(error)
    })?;
    let mut portal = Portal::new(
        kept.member_id,
        kept.client_id,
        address(&kept.client_endpoint)?,
        address(&kept.server_endpoint)?,
    );
    portal.application_token = kept.application_token.into();
    portal.access_token = kept.access_token.into();
    portal.refresh_token = kept.refresh_token.map(SecretString::from);
    portal.user_id = kept.user_id;
    if let Some(format) = kept.date_format {
        portal.culture = portal.culture.with_date_format(&format);
    }
    if let Some(zone) = kept.time_zone {
        portal.culture = with_time_zone(portal.culture, &zone);
    }
    Ok(portal)
}

fn address(text: &str) -> Result<Url> {
    Url::parse(text).map_err(|error| {
        Error::new(
            ErrorKind::Store,
            "a portal is kept whose address cannot be read",
        )
        .with_source(error)
    })
}

/// As the zone of an RFC 9557 timestamp: a name, or an offset.
#[cfg(feature = "jiff")]
fn time_zone_to_text(culture: &Culture) -> Option<String> {
    let printer = jiff::fmt::temporal::DateTimePrinter::new();
    printer.time_zone_to_string(culture.time_zone()?).ok()
}

/// A zone that this machine does not know any more is left out.
#[cfg(feature = "jiff")]
fn with_time_zone(culture: Culture, text: &str) -> Culture {
    match jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(text) {
        Ok(zone) => culture.with_time_zone(zone),
        Err(_) => culture,
    }
}

#[cfg(not(feature = "jiff"))]
fn time_zone_to_text(_: &Culture) -> Option<String> {
    None
}

#[cfg(not(feature = "jiff"))]
fn with_time_zone(culture: Culture, _: &str) -> Culture {
    culture
}
