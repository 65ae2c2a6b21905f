use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot]
struct Bare;

#[derive(Robot)]
#[robot(code =)]
struct NoValue;

#[derive(Robot)]
#[robot(code = "acme", name(ru))]
struct NoText {
    #[property = "x"]
    a: String,
    #[property(id)]
    b: String,
}

fn main() {}
