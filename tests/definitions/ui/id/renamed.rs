use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_renamed", rename_all = "lowercase")]
struct Renamed {
    first_name: String,
    firstname: String,
    #[property(id = "FIRSTNAME")]
    other: String,
}

fn main() {}
