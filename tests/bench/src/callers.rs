//! Portals that call: prepared requests on connections that stay open, so that the client costs little
//! beside the measured server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;
use crate::figures::{Times, rate};

/// The number of characters of the event token that differ in each request.
const DIGITS: usize = 16;

/// A request whose event token is different each time.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    bytes: Vec<u8>,
    digits_at: usize,
}

impl Post {
    /// Creates the request from a call's body, of which only the end of the event token changes.
    pub(crate) fn new(host: SocketAddr, path: &str, body: &str) -> Result<Self> {
        let name = "event_token=";
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let value = body.find(name).ok_or("the call has no event token")? + name.len();
        let rest = body.get(value..).unwrap_or_default();
        let end = value + rest.find('&').unwrap_or(rest.len());
        let digits_at = head.len() + end.checked_sub(DIGITS).ok_or("a short event token")?;
        let bytes = [head.as_bytes(), body.as_bytes()].concat();
        Ok(Self { bytes, digits_at })
    }

    fn number(&mut self, number: u64) {
        let digits = self.digits_at..self.digits_at + DIGITS;
        if let Some(place) = self.bytes.get_mut(digits) {
            place.copy_from_slice(format!("{number:016x}").as_bytes());
        }
    }
}

/// The response times of one round.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) times: Vec<Duration>,
    took: Duration,
}

impl Round {
    pub(crate) fn rate(&self) -> f64 {
        rate(self.times.len(), self.took)
    }
}

/// The response times of several rounds together.
pub(crate) fn all_times<'a>(rounds: impl IntoIterator<Item = &'a Round>) -> Times {
    rounds
        .into_iter()
        .flat_map(|round| &round.times)
        .copied()
        .collect()
}

/// Posts on several connections at the same time, on each of them one request after the other. The
/// client has a thread of its own.
pub(crate) async fn post(
    address: SocketAddr,
    post: &Post,
    connections: usize,
    length: Duration,
) -> Result<Round> {
    let own_post = post.clone();
    let client = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(on_all(address, own_post, connections, length))
    };
    tokio::task::spawn_blocking(client).await?
}

async fn on_all(
    address: SocketAddr,
    post: Post,
    connections: usize,
    length: Duration,
) -> Result<Round> {
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..connections {
        all.spawn(on_one(address, post.clone(), begun + length));
    }
    let mut times = Vec::new();
    while let Some(ended) = all.join_next().await {
        times.append(&mut ended??);
    }
    let took = begun.elapsed();
    Ok(Round { times, took })
}

async fn on_one(address: SocketAddr, mut post: Post, end: Instant) -> Result<Vec<Duration>> {
    static POSTED: AtomicU64 = AtomicU64::new(0);
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut response = Vec::with_capacity(1024);
    while Instant::now() < end {
        post.number(POSTED.fetch_add(1, Ordering::Relaxed));
        let begun = Instant::now();
        stream.write_all(&post.bytes).await?;
        response.clear();
        while !is_whole(&response)? {
            if stream.read_buf(&mut response).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// Whether a response has arrived as a whole; one that is not 200 is an error.
fn is_whole(response: &[u8]) -> Result<bool> {
    let text = String::from_utf8_lossy(response);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("the server responded: {text}").into());
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    Ok(body.len() >= length.ok_or("a response without a length")?)
}
