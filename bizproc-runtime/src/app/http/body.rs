//! Reading what anybody may send: not too long, not too slowly, and not too much at once.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind, Result};

/// So much of each body has room whatever else comes, in bytes. Ordinary calls are shorter.
const SHORT_BYTES: usize = 64 * 1024;

/// For so much more of all bodies together there is room, in KiB: until a body was looked at,
/// anybody may have sent it. Who sends little takes little, however long that takes.
const ROOM_KIB: usize = 128 * 1024;

/// What the bodies of requests may be.
#[derive(Debug)]
pub(in crate::app) struct Bodies {
    longest: usize,
    patience: Duration,
    room: Arc<Semaphore>,
}

/// A whole body, and the room that it takes until this is dropped.
#[derive(Debug)]
pub(in crate::app) struct Received {
    pub(in crate::app) bytes: Vec<u8>,
    pub(in crate::app) room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(in crate::app) fn new(longest: usize, patience: Duration) -> Self {
        Self::with_room(longest, patience, ROOM_KIB)
    }

    fn with_room(longest: usize, patience: Duration, kib: usize) -> Self {
        // One that is as long as any may be always fits.
        let kib = kib.max(kib_beyond(longest)).min(Semaphore::MAX_PERMITS);
        Self {
            longest,
            patience,
            room: Arc::new(Semaphore::new(kib)),
        }
    }

    /// The whole body.
    pub(in crate::app) async fn read(&self, body: Body) -> Result<Received> {
        self.read_at_most(body, self.longest).await
    }

    /// The whole body, if it has no more bytes than this.
    pub(in crate::app) async fn read_at_most(
        &self,
        body: Body,
        longest: usize,
    ) -> Result<Received> {
        let limit = self.patience;
        let read = tokio::time::timeout(limit, self.collect(body, longest)).await;
        read.unwrap_or_else(|_| {
            let message = format!("the body did not come within {limit:?}");
            Err(Error::new(ErrorKind::BadRequest, message).with_status(408))
        })
    }

    async fn collect(&self, body: Body, longest: usize) -> Result<Received> {
        let too_long = || {
            let message = format!("the body is longer than {longest} bytes");
            Err(Error::new(ErrorKind::BadRequest, message).with_status(413))
        };
        // What the client declares.
        if body.size_hint().lower() > u64::try_from(longest).unwrap_or(u64::MAX) {
            return too_long();
        }
        let mut whole = Received {
            bytes: Vec::new(),
            room: None,
        };
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part: Bytes = part.map_err(|error| {
                let message = format!("the body could not be read: {error}");
                Error::new(ErrorKind::BadRequest, message)
            })?;
            let length = whole.bytes.len().saturating_add(part.len());
            if length > longest {
                return too_long();
            }
            self.make_room(&mut whole, length).await;
            whole.bytes.extend_from_slice(&part);
        }
        Ok(whole)
    }

    async fn make_room(&self, body: &mut Received, length: usize) {
        let has = body
            .room
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(kib_beyond(length).saturating_sub(has)).unwrap_or(u32::MAX);
        if more == 0 {
            return;
        }
        let Ok(more) = Arc::clone(&self.room).acquire_many_owned(more).await else {
            return;
        };
        match &mut body.room {
            Some(room) => room.merge(more),
            None => body.room = Some(more),
        }
    }
}

/// What a body of so many bytes has beyond a short one, in KiB.
fn kib_beyond(length: usize) -> usize {
    length.saturating_sub(SHORT_BYTES).div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    type Part = Result<Bytes, std::io::Error>;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A body that never ends.
    fn endless(first: usize) -> Body {
        let first = stream::iter([Part::Ok(Bytes::from(vec![b'1'; first]))]);
        Body::from_stream(first.chain(stream::pending()))
    }

    #[tokio::test]
    async fn a_body_is_not_longer_than_the_limit() {
        let bodies = Bodies::new(100, Duration::from_secs(20));
        let whole = bodies.read(Body::from(vec![b'1'; 100])).await;
        assert_eq!(whole.unwrap().bytes.len(), 100);
        for too_long in [Body::from(vec![b'1'; 101]), endless(101)] {
            let error = bodies.read(too_long).await.unwrap_err();
            assert_eq!(error.status(), Some(413));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let bodies = Bodies::new(100, Duration::from_secs(30));
        let error = bodies.read(endless(1)).await.unwrap_err();
        assert_eq!(error.status(), Some(408));
        assert_eq!(error.to_string(), "the body did not come within 30s");
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_little_takes_little_room() {
        let bodies = Arc::new(Bodies::with_room(SHORT_BYTES * 3, PATIENCE, 200));
        for _ in 0..100 {
            let bodies = Arc::clone(&bodies);
            tokio::spawn(async move { bodies.read(endless(SHORT_BYTES + 1)).await });
        }
        tokio::task::yield_now().await;
        let long = Body::from(vec![b'1'; SHORT_BYTES + 100 * 1024]);
        assert_eq!(bodies.read(long).await.unwrap().bytes.len(), 164 * 1024);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_body_waits_for_room_until_another_was_looked_at() {
        let bodies = Arc::new(Bodies::with_room(SHORT_BYTES * 2, PATIENCE, 100));
        let long = || Body::from(vec![b'1'; SHORT_BYTES * 2]);
        let first = bodies.read(long()).await.unwrap();
        assert_eq!(first.bytes.len(), SHORT_BYTES * 2);
        assert_eq!(bodies.read(long()).await.unwrap_err().status(), Some(408));
        let short = Body::from(vec![b'1'; SHORT_BYTES]);
        assert!(bodies.read(short).await.unwrap().room.is_none());
        let second = tokio::spawn({
            let (bodies, long) = (Arc::clone(&bodies), long());
            async move { bodies.read(long).await }
        });
        tokio::time::sleep(PATIENCE / 2).await;
        drop(first);
        assert_eq!(second.await.unwrap().unwrap().bytes.len(), SHORT_BYTES * 2);
    }
}
