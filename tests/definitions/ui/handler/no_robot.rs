use bizproc_runtime::{App, Call, Replied, Result};

struct Plain;

async fn plain(_: Call<Plain>) -> Result<Replied> {
    unreachable!()
}

fn main() {
    let _ = App::new("https://app.example").robot(plain);
}
