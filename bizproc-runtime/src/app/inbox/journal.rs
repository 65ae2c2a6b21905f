//! The journal: a file for calls that the store does not accept, until it works again.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::record::{JournaledCall, encode, records};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::lock;

/// The largest file, in bytes: it grows when the store fails for long, or when a stranger sends
/// calls while none can be authenticated.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// A file of calls, each written and synced before its portal gets a response.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Arc<Mutex<Open>>,
    /// Notified when the file has calls.
    pub(super) not_empty: Notify,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Where the whole records end.
    end: u64,
}

impl Journal {
    /// Opens the file, or creates it. A record that a crash left half written is cut off.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let try_open = || -> io::Result<Open> {
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
        let open = try_open().map_err(|error| failed(path, "cannot be opened", error))?;
        let journal = Self {
            path: path.to_owned(),
            not_empty: Notify::new(),
            file: Arc::new(Mutex::new(open)),
        };
        if !journal.is_empty() {
            journal.not_empty.notify_one();
        }
        Ok(journal)
    }

    /// Whether the file has no calls.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.file).end == 0
    }

    /// Writes a call; it is on the disk when this returns.
    pub(super) async fn append(&self, call: JournaledCall) -> Result<()> {
        let file = Arc::clone(&self.file);
        tokio::task::spawn_blocking(move || lock(&file).append(&call))
            .await
            .unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
            .map_err(|error| failed(&self.path, "cannot be written", error))?;
        self.not_empty.notify_one();
        Ok(())
    }

    /// All calls in the file, and where they end.
    pub(super) fn read(&self) -> Result<(Vec<JournaledCall>, u64)> {
        let read = records(&mut lock(&self.file).file);
        read.map_err(|error| failed(&self.path, "cannot be read", error))
    }

    /// Empties the file, unless it has more than was read. Returns whether it did.
    pub(super) fn clear(&self, read_to: u64) -> Result<bool> {
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
    fn append(&mut self, call: &JournaledCall) -> io::Result<()> {
        let record = encode(call)?;
        let length = u64::try_from(record.len()).unwrap_or(u64::MAX);
        if self.end.saturating_add(length) > MAX_BYTES {
            let message = format!("it has {MAX_BYTES} bytes already");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        let written = self
            .file
            .write_all(&record)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // The next record overwrites what was half written.
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

fn failed(path: &Path, what: &str, error: io::Error) -> Error {
    let message = format!("the journal `{}` {what}: {error}", path.display());
    Error::new(ErrorKind::Store, message).with_source(error)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::rest::EventToken;
    use crate::store::{CallHead, NewCall};

    fn journaled(number: u8) -> JournaledCall {
        let token = EventToken::new(format!("w|A|{number}.s"));
        let body = vec![number, 0, 255];
        let mut head = CallHead::new(token, "member".into(), "code".into());
        head.called_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        head.deadline = (number > 1).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(9));
        head.expects_reply = number > 1;
        JournaledCall {
            call: NewCall::new(head, body),
            is_authenticated: number > 1,
        }
    }

    fn path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bizproc-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    #[tokio::test]
    async fn journaled_calls_are_read_after_a_restart() {
        let path = path("journal");
        let journal = Journal::open(&path).unwrap();
        assert!(journal.is_empty());
        #[cfg(unix)]
        {
            let mode = std::fs::metadata(&path).unwrap().permissions();
            let mode = std::os::unix::fs::PermissionsExt::mode(&mode);
            assert_eq!(mode & 0o777, 0o600);
        }
        for number in 1..=3 {
            journal.append(journaled(number)).await.unwrap();
        }
        let all = (1..=3).map(journaled).collect::<Vec<_>>();
        assert_eq!(journal.read().unwrap().0, all);
        assert!(Journal::open(&path).is_err(), "another process has it");
        drop(journal);

        // A crash in the middle of the last one.
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 1).unwrap();
        drop(file);
        let journal = Journal::open(&path).unwrap();
        journal.not_empty.notified().await;
        let (found, end) = journal.read().unwrap();
        assert_eq!(found, all[..2]);
        journal.append(journaled(4)).await.unwrap();
        assert!(!journal.clear(end).unwrap(), "one more has come");
        let (found, end) = journal.read().unwrap();
        assert_eq!(found, [journaled(1), journaled(2), journaled(4)]);
        assert!(journal.clear(end).unwrap() && journal.is_empty());
        drop(journal);
        assert!(Journal::open(&path).unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_path_that_cannot_be_opened_is_named() {
        let error = Journal::open(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("`/nowhere/at/all`"), "{error}");
    }
}
