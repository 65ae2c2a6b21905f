#![deny(unused_must_use)]
use bizproc_runtime::{Call, Robot};

/// Ping
#[derive(Robot)]
#[robot(code = "acme_ping")]
struct Ping;

async fn not_awaited(call: Call<Ping>) {
    call.reply(());
}

fn main() {}
