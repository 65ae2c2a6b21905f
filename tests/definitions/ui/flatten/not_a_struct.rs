use bizproc_runtime::Properties;

#[derive(Properties)]
enum Choice {
    One,
}

#[derive(Properties)]
struct Pair(String, String);

#[derive(Properties)]
#[properties(code = "acme")]
struct NoRobot {
    name: String,
}

fn main() {}
