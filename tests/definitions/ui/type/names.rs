use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_types")]
struct Types {
    #[property(type = "")]
    empty: String,
    #[property(type = "STRING")]
    upper: String,
    #[property(type = "UF:resourcebooking")]
    unknown: String,
    #[property(type = date)]
    word: String,
}

fn main() {}
