use bizproc_runtime::{App, Call, Replied, Result, Robot};

/// Ping
#[derive(Robot)]
#[robot(code = "acme_ping")]
struct Ping;

async fn no_reply(_: Call<Ping>) -> Result<()> {
    Ok(())
}

async fn forgets(_: Call<Ping>) -> Result<Replied> {
    Ok(())
}

fn main() {
    let _ = App::new("https://app.example").robot(no_reply);
    let _ = App::new("https://app.example").robot(forgets);
}
