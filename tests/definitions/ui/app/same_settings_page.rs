use bizproc_runtime::Robot;
use bizproc_runtime::definition::Definition;

#[derive(Robot)]
#[robot(code = "acme_ping", placement = "/settings")]
struct Ping;

#[derive(Robot)]
#[robot(code = "acme_pong", placement = "/settings")]
struct Pong;

const ROBOTS: &[Definition] =
    Definition::assert_unique(&[Ping::DEFINITION, Pong::DEFINITION]);

fn main() {
    println!("{ROBOTS:?}");
}
