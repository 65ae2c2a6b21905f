//! One connection, from its first byte to its end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::idle::{Awaiting, IdleState};

/// The longest head of a request, in bytes. hyper takes at most a hundred headers.
const HEAD_BYTES: usize = 32 * 1024;

/// How much of a request is read ahead, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// How long a client that still sends may take to read its response. Closing immediately would make
/// the client's system discard the response.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a connection until one of both sides ends it. Its errors are visible to the client only.
pub(super) async fn serve(
    stream: TcpStream,
    router: Router,
    state: Arc<IdleState>,
    draining: CancellationToken,
) {
    let application = TowerToHyperService::new(router);
    let reporter = Arc::clone(&state);
    let service = service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&reporter);
        state.set(if request.body().is_end_stream() {
            Awaiting::Response
        } else {
            Awaiting::Body
        });
        let tracked = request.map(|whole| {
            let state = Arc::clone(&state);
            Body::new(TrackedBody { whole, state })
        });
        let responding = application.call(tracked);
        async move {
            let response = responding.await;
            state.set(Awaiting::Reading);
            response
        }
    });
    let stream = TrackedStream {
        stream,
        state: Arc::clone(&state),
    };
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that closes its side of the connection has called all the same.
        .half_close(true)
        // `IdleState` limits the head, and knows a slow one from a kept connection.
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut is_draining = false;
    loop {
        tokio::select! {
            // Bytes that have arrived are handled before the client is evicted.
            biased;
            _ = &mut http => break,
            () = draining.cancelled(), if !is_draining => {
                is_draining = true;
                Pin::new(&mut http).graceful_shutdown();
            }
            () = state.evicted() => return,
            () = state.timed_out() => return,
        }
    }
    linger(http.into_parts().io.into_inner().stream, &state).await;
}

/// Leaves the client time to read its response.
async fn linger(stream: TcpStream, state: &IdleState) {
    state.set(Awaiting::Reading);
    tokio::select! {
        () = discard(&stream) => {}
        () = state.evicted() => {}
        () = tokio::time::sleep(LINGER) => {}
    }
}

/// Reads and discards what the client still sends.
async fn discard(stream: &TcpStream) {
    let mut bytes = [0; 4096];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// A request's body, which reports when it is whole.
struct TrackedBody {
    whole: Incoming,
    state: Arc<IdleState>,
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.whole).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) || self.whole.is_end_stream() {
            self.state.advance(Awaiting::Body, Awaiting::Response);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.whole.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.whole.size_hint()
    }
}

/// A stream that reports when the client begins a request, and when it has read a response.
struct TrackedStream {
    stream: TcpStream,
    state: Arc<IdleState>,
}

impl AsyncRead for TrackedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.state.advance(Awaiting::NextRequest, Awaiting::Head);
        }
        read
    }
}

impl AsyncWrite for TrackedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.state.advance(Awaiting::Reading, Awaiting::NextRequest);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
