use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_a", handler = "app.example/robot")]
struct Host;

#[derive(Robot)]
#[robot(code = "acme_b", handler = "", placement = "/")]
struct Empty;

#[derive(Robot)]
#[robot(code = "acme_c", handler = "/robot?key=1")]
struct Query;

#[derive(Robot)]
#[robot(code = "acme_d", handler = "/счёт", placement = "//x#y")]
struct Letters;

fn main() {}
