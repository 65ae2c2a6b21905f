//! Portals that call: requests made beforehand, on connections that stay open, so that the client
//! costs little beside the server that is measured.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;
use crate::figures::{Times, rate};

/// How many characters of the event token are made anew for each request.
const DIGITS: usize = 16;

/// A request whose event token is another each time.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    bytes: Vec<u8>,
    digits_at: usize,
}

impl Post {
    /// The body is a call's, of which only the end of the event token changes.
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

/// How fast posts were answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) times: Vec<Duration>,
    took: Duration,
}

impl Answered {
    pub(crate) fn rate(&self) -> f64 {
        rate(self.times.len(), self.took)
    }
}

/// What several rounds were like.
pub(crate) fn all_times<'a>(rounds: impl IntoIterator<Item = &'a Answered>) -> Times {
    let times = rounds.into_iter().flat_map(|round| &round.times);
    times.copied().collect()
}

/// Posts for so long on so many connections at once, each post after the answer to the one before.
/// The client has a thread of its own.
pub(crate) async fn post(
    address: SocketAddr,
    post: &Post,
    connections: usize,
    length: Duration,
) -> Result<Answered> {
    let post = post.clone();
    let client = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(on_all(address, post, connections, length))
    };
    tokio::task::spawn_blocking(client).await?
}

async fn on_all(
    address: SocketAddr,
    post: Post,
    connections: usize,
    length: Duration,
) -> Result<Answered> {
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
    Ok(Answered { times, took })
}

async fn on_one(address: SocketAddr, mut post: Post, end: Instant) -> Result<Vec<Duration>> {
    static POSTED: AtomicU64 = AtomicU64::new(0);
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut times, mut answer) = (Vec::new(), Vec::with_capacity(1024));
    while Instant::now() < end {
        post.number(POSTED.fetch_add(1, Ordering::Relaxed));
        let begun = Instant::now();
        stream.write_all(&post.bytes).await?;
        answer.clear();
        while !is_whole(&answer)? {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// Whether an answer has come to its end; one that is not 200 is an error.
fn is_whole(answer: &[u8]) -> Result<bool> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("the server answered: {text}").into());
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    Ok(body.len() >= length.ok_or("an answer without a length")?)
}
