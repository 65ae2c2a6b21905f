use bizproc_runtime::Select;

#[derive(Select)]
enum Flow {
    #[option(key = "", title = "(none)")]
    None,
    #[option(key = "1")]
    First,
    #[option(key = "other ")]
    Other,
    #[option(key = "same")]
    One,
    #[option(key = "same")]
    Two,
}

fn main() {}
