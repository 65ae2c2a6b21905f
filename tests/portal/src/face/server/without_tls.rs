//! The replacement of the certificate authority in a build without TLS.

use std::io;

use tokio::net::TcpStream;

use crate::rules::error::Error;

/// An authority that signs nothing: encrypted connections are closed.
#[derive(Debug)]
pub(crate) struct Authority;

impl Authority {
    #[expect(clippy::unnecessary_wraps, reason = "as the authority with TLS")]
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    #[expect(clippy::unused_async, reason = "as the authority with TLS")]
    pub(crate) async fn accept(&self, _stream: TcpStream) -> io::Result<TcpStream> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
