//! Reading what anybody may send: not too long, not too slowly, and not too much at once.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::sync::Semaphore;

use crate::error::{Error, Kind, Result};

/// A body that is longer, in bytes, is a long one. Ordinary calls are shorter.
const LONG_BYTES: usize = 64 * 1024;

/// How many long bodies are read at the same time: so much memory can strangers take, times the
/// longest body.
const LONG_BODIES: usize = 32;

/// What the bodies of requests may be.
#[derive(Debug)]
pub(super) struct Bodies {
    longest: usize,
    patience: Duration,
    long: Semaphore,
}

impl Bodies {
    pub(super) fn new(longest: usize, patience: Duration) -> Self {
        Self {
            longest,
            patience,
            long: Semaphore::new(LONG_BODIES),
        }
    }

    /// The whole body.
    pub(super) async fn read(&self, body: Body) -> Result<Vec<u8>> {
        self.read_at_most(body, self.longest).await
    }

    /// The whole body, if it has no more bytes than this.
    pub(super) async fn read_at_most(&self, body: Body, longest: usize) -> Result<Vec<u8>> {
        let limit = self.patience;
        let read = tokio::time::timeout(limit, self.collect(body, longest)).await;
        read.unwrap_or_else(|_| {
            let message = format!("the body did not come within {limit:?}");
            Err(Error::new(Kind::Request, message).with_status(408))
        })
    }

    async fn collect(&self, body: Body, longest: usize) -> Result<Vec<u8>> {
        let too_long = || {
            let message = format!("the body is longer than {longest} bytes");
            Err(Error::new(Kind::Request, message).with_status(413))
        };
        // What the client declares.
        if body.size_hint().lower() > u64::try_from(longest).unwrap_or(u64::MAX) {
            return too_long();
        }
        let (mut whole, mut place) = (Vec::new(), None);
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part: Bytes = part.map_err(|error| {
                let message = format!("the body could not be read: {error}");
                Error::new(Kind::Request, message)
            })?;
            let length = whole.len().saturating_add(part.len());
            if length > longest {
                return too_long();
            }
            if length > LONG_BYTES && place.is_none() {
                place = self.long.acquire().await.ok();
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::stream;

    use super::*;

    type Part = Result<Bytes, std::io::Error>;

    /// A body that never ends.
    fn endless(first: usize) -> Body {
        let first = stream::iter([Part::Ok(Bytes::from(vec![b'1'; first]))]);
        Body::from_stream(first.chain(stream::pending()))
    }

    #[tokio::test]
    async fn a_body_is_not_longer_than_the_limit() {
        let bodies = Bodies::new(100, Duration::from_secs(20));
        let whole = bodies.read(Body::from(vec![b'1'; 100])).await;
        assert_eq!(whole.unwrap().len(), 100);
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
    async fn long_bodies_are_read_a_few_at_a_time_and_short_ones_meanwhile() {
        let patience = Duration::from_secs(30);
        let bodies = Arc::new(Bodies::new(LONG_BYTES * 2, patience));
        for _ in 0..LONG_BODIES {
            let bodies = Arc::clone(&bodies);
            tokio::spawn(async move { bodies.read(endless(LONG_BYTES + 1)).await });
        }
        tokio::task::yield_now().await;
        let short = Body::from(vec![b'1'; LONG_BYTES]);
        assert_eq!(bodies.read(short).await.unwrap().len(), LONG_BYTES);
        let began = tokio::time::Instant::now();
        let long = Body::from(vec![b'1'; LONG_BYTES + 1]);
        let long = bodies.collect(long, bodies.longest).await;
        assert_eq!(long.unwrap().len(), LONG_BYTES + 1);
        assert!(began.elapsed() >= patience, "it had to wait for a place");
    }
}
