use bizproc_runtime::Robot;

/// Forms
#[derive(Robot)]
#[robot(code = "acme_forms", name("Forms"), description = 5)]
struct Forms {
    #[property(name(ru = 5))]
    number: String,
    #[property(name(ru: "Да"))]
    colon: String,
    #[property(name["Yes"])]
    brackets: String,
    #[property(name(ru = "Да" de = "Ja"))]
    comma: String,
}

fn main() {}
