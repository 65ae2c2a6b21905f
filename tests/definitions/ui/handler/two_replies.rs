use bizproc_runtime::{Call, Replied, Result, Robot};

/// Ping
#[derive(Robot)]
#[robot(code = "acme_ping")]
struct Ping;

async fn twice(call: Call<Ping>) -> Result<Replied> {
    let _ = call.reply(()).await?;
    call.reply(()).await
}

async fn log_after(call: Call<Ping>) -> Result<Replied> {
    let replied = call.reply(()).await?;
    call.log("done").await?;
    Ok(replied)
}

fn main() {}
