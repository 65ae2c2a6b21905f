//! Where calls go that the store does not take: a file, from which they are read back.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::error::{Error, ErrorKind, Result};
use crate::rest::EventToken;
use crate::store::{CallHead, NewCall};

/// The largest file, in bytes: it fills when the store fails for long, or when somebody forges
/// calls while nobody can be proven.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// A call in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app) struct Spilled {
    pub(in crate::app) call: NewCall,
    /// Whether it was proven to come from its portal; else that is to be done.
    pub(in crate::app) is_proven: bool,
}

/// A file of calls, each written and synced before its portal is answered.
#[derive(Debug)]
pub(in crate::app) struct Spill {
    path: PathBuf,
    file: Arc<Mutex<Open>>,
    /// There is something to read back.
    pub(in crate::app) filled: Notify,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Where the whole records end.
    end: u64,
}

/// What stands before a call's body.
#[derive(Serialize, Deserialize)]
struct Head {
    event_token: EventToken,
    member_id: String,
    code: String,
    waits: bool,
    called_at: Duration,
    deadline: Option<Duration>,
    is_proven: bool,
}

impl Spill {
    /// Opens the file, or makes it. What a crash left half written is cut off.
    pub(in crate::app) fn open(path: &Path) -> Result<Self> {
        let open = || -> io::Result<Open> {
            let mut options = private();
            let mut file = options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            file.try_lock()?;
            let end = records(&mut file)?.1;
            file.set_len(end)?;
            Ok(Open { file, end })
        };
        let open = open().map_err(|error| failed(path, "cannot be opened", error))?;
        let spill = Self {
            path: path.to_owned(),
            filled: Notify::new(),
            file: Arc::new(Mutex::new(open)),
        };
        if !spill.is_empty() {
            spill.filled.notify_one();
        }
        Ok(spill)
    }

    /// Whether nothing is left to read back.
    pub(in crate::app) fn is_empty(&self) -> bool {
        lock(&self.file).end == 0
    }

    /// Keeps a call; it is on the disk when this returns.
    pub(in crate::app) async fn keep(&self, spilled: Spilled) -> Result<()> {
        let file = Arc::clone(&self.file);
        let written = tokio::task::spawn_blocking(move || lock(&file).append(&spilled)).await;
        let written = written.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        written.map_err(|error| failed(&self.path, "does not keep a call", error))?;
        self.filled.notify_one();
        Ok(())
    }

    /// All calls in the file, and where they end.
    pub(in crate::app) fn read(&self) -> Result<(Vec<Spilled>, u64)> {
        let read = records(&mut lock(&self.file).file);
        read.map_err(|error| failed(&self.path, "cannot be read", error))
    }

    /// Empties the file, unless more has come than was read. Returns whether it did.
    pub(in crate::app) fn clear(&self, read_to: u64) -> Result<bool> {
        let mut open = lock(&self.file);
        if open.end != read_to {
            return Ok(false);
        }
        open.end = 0;
        let cleared = open.file.set_len(0).and_then(|()| open.file.sync_data());
        cleared.map_err(|error| failed(&self.path, "cannot be emptied", error))?;
        Ok(true)
    }
}

impl Open {
    fn append(&mut self, spilled: &Spilled) -> io::Result<()> {
        let record = encode(spilled)?;
        let length = u64::try_from(record.len()).unwrap_or(u64::MAX);
        if self.end.saturating_add(length) > MOST_BYTES {
            let message = format!("it has {MOST_BYTES} bytes already");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        let written = self
            .file
            .write_all(&record)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What stands there half is overwritten by the next one.
            self.file.set_len(self.end)?;
            return Err(error);
        }
        self.end += length;
        Ok(())
    }
}

/// For the owner only: the file holds tokens.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Lengths, checksum, head and body.
fn encode(spilled: &Spilled) -> io::Result<Vec<u8>> {
    let Spilled { call, is_proven } = spilled;
    let since = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    };
    let head = serde_json::to_vec(&Head {
        event_token: call.head.event_token.clone(),
        member_id: call.head.member_id.clone(),
        code: call.head.code.clone(),
        waits: call.head.expects_reply,
        called_at: since(call.head.called_at),
        deadline: call.head.deadline.map(since),
        is_proven: *is_proven,
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
fn records(file: &mut File) -> io::Result<(Vec<Spilled>, u64)> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let (mut found, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((spilled, after)) = decode(rest) {
        found.push(spilled);
        rest = after;
    }
    let end = bytes.len() - rest.len();
    Ok((found, u64::try_from(end).unwrap_or(u64::MAX)))
}

/// The first record, if it is whole.
fn decode(bytes: &[u8]) -> Option<(Spilled, &[u8])> {
    let (head_bytes, rest) = number(bytes)?;
    let (body_bytes, rest) = number(rest)?;
    let (sum, rest) = number(rest)?;
    let (head, rest) = rest.split_at_checked(usize::try_from(head_bytes).ok()?)?;
    let (body, rest) = rest.split_at_checked(usize::try_from(body_bytes).ok()?)?;
    if checksum(head, body) != sum {
        return None;
    }
    let head = serde_json::from_slice::<Head>(head).ok()?;
    let at = |since| SystemTime::UNIX_EPOCH.checked_add(since);
    // The rest of the head is read from the body.
    let mut call_head = CallHead::new(head.event_token, head.member_id, head.code);
    call_head.expects_reply = head.waits;
    call_head.called_at = at(head.called_at)?;
    call_head.deadline = head.deadline.and_then(at);
    let spilled = Spilled {
        call: NewCall::new(call_head, body.to_vec()),
        is_proven: head.is_proven,
    };
    Some((spilled, rest))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

fn failed(path: &Path, what: &str, error: io::Error) -> Error {
    let path = path.display();
    let message =
        format!("the file `{path}` for calls that the store does not take {what}: {error}");
    Error::new(ErrorKind::Store, message).with_source(error)
}

/// No code that holds the lock can panic.
fn lock(file: &Mutex<Open>) -> MutexGuard<'_, Open> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spilled(number: u8) -> Spilled {
        let token = EventToken::new(format!("w|A|{number}.s"));
        let body = vec![number, 0, 255];
        let mut head = CallHead::new(token, "member".into(), "code".into());
        head.called_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        head.deadline = (number > 1).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(9));
        head.expects_reply = number > 1;
        Spilled {
            call: NewCall::new(head, body),
            is_proven: number > 1,
        }
    }

    fn path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bizproc-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    #[tokio::test]
    async fn what_was_kept_is_read_back_after_a_restart() {
        let path = path("spill");
        let spill = Spill::open(&path).unwrap();
        assert!(spill.is_empty());
        #[cfg(unix)]
        {
            let mode = std::fs::metadata(&path).unwrap().permissions();
            let mode = std::os::unix::fs::PermissionsExt::mode(&mode);
            assert_eq!(mode & 0o777, 0o600);
        }
        for number in 1..=3 {
            spill.keep(spilled(number)).await.unwrap();
        }
        let all = (1..=3).map(spilled).collect::<Vec<_>>();
        assert_eq!(spill.read().unwrap().0, all);
        assert!(Spill::open(&path).is_err(), "another process has it");
        drop(spill);

        // A crash in the middle of the last one.
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 1).unwrap();
        drop(file);
        let spill = Spill::open(&path).unwrap();
        spill.filled.notified().await;
        let (found, end) = spill.read().unwrap();
        assert_eq!(found, all[..2]);
        spill.keep(spilled(4)).await.unwrap();
        assert!(!spill.clear(end).unwrap(), "one more has come");
        let (found, end) = spill.read().unwrap();
        assert_eq!(found, [spilled(1), spilled(2), spilled(4)]);
        assert!(spill.clear(end).unwrap() && spill.is_empty());
        drop(spill);
        assert!(Spill::open(&path).unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_place_that_is_none_is_named() {
        let error = Spill::open(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("`/nowhere/at/all`"), "{error}");
    }
}
