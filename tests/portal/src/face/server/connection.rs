//! One connection: plain or encrypted, whole or cut at a byte.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::face::server::response::CutAfter;
use crate::face::server::tls::Authority;

/// A TLS client's first byte: a handshake record. No method of HTTP begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// The peer of a connection, an extension of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) is_encrypted: bool,
}

/// Serves a connection to its end. The peer sees what goes wrong with it.
pub(crate) async fn serve(
    stream: TcpStream,
    address: IpAddr,
    authority: Arc<Authority>,
    router: Router,
) {
    let mut first = [0];
    let is_encrypted = matches!(stream.peek(&mut first).await, Ok(1)) && first == [TLS_HANDSHAKE];
    let peer = Peer {
        address,
        is_encrypted,
    };
    if is_encrypted {
        if let Ok(stream) = authority.accept(stream).await {
            speak(stream, peer, router).await;
        }
    } else {
        speak(stream, peer, router).await;
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
) {
    let left = Arc::new(AtomicUsize::new(usize::MAX));
    let stream = Limited {
        stream,
        left: Arc::clone(&left),
    };
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let left = Arc::clone(&left);
        left.store(usize::MAX, Ordering::Relaxed);
        let responding = hyper::service::Service::call(&router, request);
        async move {
            let response = responding.await;
            if let Ok(response) = &response
                && let Some(CutAfter(bytes)) = response.extensions().get()
            {
                left.store(*bytes, Ordering::Relaxed);
            }
            response
        }
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

/// A stream that breaks after a number of bytes.
struct Limited<S> {
    stream: S,
    left: Arc<AtomicUsize>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let part = bytes.get(..left).unwrap_or(bytes);
        let written = Pin::new(&mut self.stream).poll_write(context, part);
        if let Poll::Ready(Ok(written)) = written
            && left != usize::MAX
        {
            self.left.store(left - written, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
