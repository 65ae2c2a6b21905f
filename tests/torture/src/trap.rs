//! An address to which nothing may be sent.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A listener that counts connections.
pub(crate) struct Trap {
    pub(crate) url: String,
    touched: Arc<AtomicUsize>,
}

impl Trap {
    pub(crate) fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let touched = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&touched);
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, touched }
    }

    /// The number of connections.
    pub(crate) fn touched(&self) -> usize {
        self.touched.load(Ordering::SeqCst)
    }

    /// The body of a call that names this address in place of its portal's.
    pub(crate) fn bait(&self, body: &str, portal: &str) -> String {
        let encoded = |url: &str| url.replace(':', "%3A").replace('/', "%2F");
        let host = |url: &str| encoded(url.trim_start_matches("http://"));
        body.replace(&encoded(portal), &encoded(&self.url))
            .replace(&host(portal), &host(&self.url))
    }
}
