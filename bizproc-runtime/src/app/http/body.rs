//! Reads the bodies of requests, which anyone may send: not too long, not too slowly, and not too
//! much at the same time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind, Result};

/// The part of each body, in bytes, that the memory budget does not count. Ordinary calls are
/// shorter.
const UNMETERED_BYTES: usize = 64 * 1024;

/// Memory budget, in KiB, shared by all request bodies beyond their first 64 KiB. Unauthenticated
/// bodies are bounded by it; a slow sender holds only what it has sent.
const BUFFER_BUDGET_KIB: usize = 128 * 1024;

/// Reads bodies within a length, a time and a memory budget.
#[derive(Debug)]
pub(crate) struct BodyReader {
    max_bytes: usize,
    timeout: Duration,
    budget: Arc<Semaphore>,
}

/// A whole body, and its part of the memory budget, which is free when this is dropped.
#[derive(Debug)]
pub(crate) struct BufferedBody {
    pub(crate) bytes: Vec<u8>,
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl BodyReader {
    pub(crate) fn new(max_bytes: usize, timeout: Duration) -> Self {
        Self::with_budget(max_bytes, timeout, BUFFER_BUDGET_KIB)
    }

    fn with_budget(max_bytes: usize, timeout: Duration, kib: usize) -> Self {
        // The longest body always fits.
        let budget = kib.max(metered_kib(max_bytes)).min(Semaphore::MAX_PERMITS);
        Self {
            max_bytes,
            timeout,
            budget: Arc::new(Semaphore::new(budget)),
        }
    }

    /// Reads a whole body.
    pub(crate) async fn read(&self, body: Body) -> Result<BufferedBody> {
        self.read_at_most(body, self.max_bytes).await
    }

    /// Reads a whole body, if it has no more bytes than this.
    pub(crate) async fn read_at_most(&self, body: Body, max_bytes: usize) -> Result<BufferedBody> {
        let limit = self.timeout;
        let read = tokio::time::timeout(limit, self.collect(body, max_bytes)).await;
        read.unwrap_or_else(|_| {
            let message = format!("the body did not come within {limit:?}");
            Err(Error::new(ErrorKind::BadRequest, message).with_status(408))
        })
    }

    async fn collect(&self, body: Body, max_bytes: usize) -> Result<BufferedBody> {
        let too_long = || {
            let message = format!("the body is longer than {max_bytes} bytes");
            Error::new(ErrorKind::BadRequest, message).with_status(413)
        };
        // The length that the client declares.
        if body.size_hint().lower() > u64::try_from(max_bytes).unwrap_or(u64::MAX) {
            return Err(too_long());
        }
        let mut whole = BufferedBody {
            bytes: Vec::new(),
            permit: None,
        };
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part: Bytes = part.map_err(|error| {
                let message = format!("the body could not be read: {error}");
                Error::new(ErrorKind::BadRequest, message)
            })?;
            let length = whole.bytes.len().saturating_add(part.len());
            if length > max_bytes {
                return Err(too_long());
            }
            self.reserve(&mut whole, length).await;
            whole.bytes.extend_from_slice(&part);
        }
        Ok(whole)
    }

    /// Waits until the memory budget has room for a body of this length.
    async fn reserve(&self, body: &mut BufferedBody, length: usize) {
        let has = body
            .permit
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let needed = u32::try_from(metered_kib(length).saturating_sub(has)).unwrap_or(u32::MAX);
        if needed == 0 {
            return;
        }
        let Ok(more) = Arc::clone(&self.budget).acquire_many_owned(needed).await else {
            return;
        };
        match &mut body.permit {
            Some(permit) => permit.merge(more),
            None => body.permit = Some(more),
        }
    }
}

/// The part of a body of this length that the memory budget counts, in KiB.
fn metered_kib(length: usize) -> usize {
    length.saturating_sub(UNMETERED_BYTES).div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    type Part = Result<Bytes, std::io::Error>;

    const TIMEOUT: Duration = Duration::from_secs(30);

    /// A body that never ends.
    fn endless(first: usize) -> Body {
        let first = stream::iter([Part::Ok(Bytes::from(vec![b'1'; first]))]);
        Body::from_stream(first.chain(stream::pending()))
    }

    #[tokio::test]
    async fn a_body_is_not_longer_than_the_limit() {
        let reader = BodyReader::new(100, Duration::from_secs(20));
        let whole = reader.read(Body::from(vec![b'1'; 100])).await;
        assert_eq!(whole.unwrap().bytes.len(), 100);
        for too_long in [Body::from(vec![b'1'; 101]), endless(101)] {
            let error = reader.read(too_long).await.unwrap_err();
            assert_eq!(error.status(), Some(413));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_abandoned() {
        let reader = BodyReader::new(100, Duration::from_secs(30));
        let error = reader.read(endless(1)).await.unwrap_err();
        assert_eq!(error.status(), Some(408));
        assert_eq!(error.to_string(), "the body did not come within 30s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_little_uses_little_memory() {
        let reader = Arc::new(BodyReader::with_budget(UNMETERED_BYTES * 3, TIMEOUT, 200));
        for _ in 0..100 {
            let reader = Arc::clone(&reader);
            tokio::spawn(async move { reader.read(endless(UNMETERED_BYTES + 1)).await });
        }
        tokio::task::yield_now().await;
        let long = Body::from(vec![b'1'; UNMETERED_BYTES + 100 * 1024]);
        assert_eq!(reader.read(long).await.unwrap().bytes.len(), 164 * 1024);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_body_waits_until_another_is_done() {
        let reader = Arc::new(BodyReader::with_budget(UNMETERED_BYTES * 2, TIMEOUT, 100));
        let long = || Body::from(vec![b'1'; UNMETERED_BYTES * 2]);
        let first = reader.read(long()).await.unwrap();
        assert_eq!(first.bytes.len(), UNMETERED_BYTES * 2);
        assert_eq!(reader.read(long()).await.unwrap_err().status(), Some(408));
        let short = Body::from(vec![b'1'; UNMETERED_BYTES]);
        assert!(reader.read(short).await.unwrap().permit.is_none());
        let second = tokio::spawn({
            let reader = Arc::clone(&reader);
            let long = long();
            async move { reader.read(long).await }
        });
        tokio::time::sleep(TIMEOUT / 2).await;
        drop(first);
        assert_eq!(
            second.await.unwrap().unwrap().bytes.len(),
            UNMETERED_BYTES * 2
        );
    }
}
