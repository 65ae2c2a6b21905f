// empty-string option key
use bizproc_runtime::Select;

#[derive(Select)]
enum Flow {
    #[option(key = "", title = "(none)")]
    None,
    #[option(key = "<flow id>", title = "<flow name>")]
    One,
}

fn main() {}
