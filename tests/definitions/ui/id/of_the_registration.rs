use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_words")]
struct Words {
    properties: String,
    #[property(id = "Return_Properties")]
    returned: String,
    #[property(id = "options")]
    choices: String,
}

fn main() {}
