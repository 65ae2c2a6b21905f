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
use tokio::sync::watch;

use super::idle::{Next, Waiting};

/// The longest head of a request, in bytes. hyper takes at most a hundred headers.
const HEAD_BYTES: usize = 32 * 1024;

/// How much of a request is read ahead, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// How long a client that still sends may take to read its answer. Closing at once would make the
/// client's system throw the answer away.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a connection until one of both sides has enough. What goes wrong with it is the client's
/// to see.
pub(super) async fn serve(
    stream: TcpStream,
    router: Router,
    waiting: Arc<Waiting>,
    mut ending: watch::Receiver<bool>,
) {
    let told = Arc::clone(&waiting);
    let application = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let waiting = Arc::clone(&told);
        waiting.begin(if request.body().is_end_stream() {
            Next::Answer
        } else {
            Next::Body
        });
        let body = Arc::clone(&waiting);
        let answer = application.call(request.map(|whole| {
            Body::new(Received {
                whole,
                waiting: body,
            })
        }));
        async move {
            let answer = answer.await;
            waiting.begin(Next::Taken);
            answer
        }
    });
    let stream = Told {
        stream,
        waiting: Arc::clone(&waiting),
    };
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        // Who closes its side of the connection has called all the same.
        .half_close(true)
        // `Waiting` tells a slow head from a connection that is kept for the next request.
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut is_ending = false;
    loop {
        tokio::select! {
            // What has come is looked at before anybody is sent away.
            biased;
            _ = &mut http => break,
            _ = ending.wait_for(|ending| *ending), if !is_ending => {
                is_ending = true;
                Pin::new(&mut http).graceful_shutdown();
            }
            () = waiting.left() => return,
            () = waiting.over() => return,
        }
    }
    waiting.begin(Next::Taken);
    let stream = http.into_parts().io.into_inner().stream;
    tokio::select! {
        () = discard(&stream) => {}
        () = waiting.left() => {}
        () = tokio::time::sleep(LINGER) => {}
    }
}

/// Reads to the end what nobody wants any more.
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

/// A request's body, which tells when it is whole.
struct Received {
    whole: Incoming,
    waiting: Arc<Waiting>,
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.whole).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) || self.whole.is_end_stream() {
            self.waiting.pass(Next::Body, Next::Answer);
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

/// A stream that tells when the client begins a request, and when it has taken an answer.
struct Told {
    stream: TcpStream,
    waiting: Arc<Waiting>,
}

impl AsyncRead for Told {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.waiting.pass(Next::Request, Next::Head);
        }
        read
    }
}

impl AsyncWrite for Told {
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
            self.waiting.pass(Next::Taken, Next::Request);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
