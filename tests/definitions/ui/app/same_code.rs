use bizproc_runtime::Robot;
use bizproc_runtime::definition::Definition;

#[derive(Robot)]
#[robot(code = "acme_ping")]
struct Ping;

#[derive(Robot)]
#[robot(kind = activity, code = "acme_ping")]
struct PingActivity;

const ROBOTS: &[Definition] = Definition::assert_unique(&[
    Ping::DEFINITION,
    PingActivity::DEFINITION,
]);

fn main() {
    println!("{ROBOTS:?}");
}
