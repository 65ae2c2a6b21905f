use bizproc_runtime::Properties;

#[derive(Properties)]
struct Fields {
    #[property(default =)]
    default: String,
    #[property(default = [-])]
    list: String,
    #[property(options(a =))]
    choices: String,
    #[property(name(ru =))]
    name: String,
    #[property(,)]
    comma: String,
    #[property("x")]
    text: String,
    #[property(id = "x",, text)]
    commas: String,
}

fn main() {}
