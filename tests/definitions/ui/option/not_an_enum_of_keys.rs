use bizproc_runtime::Select;

#[derive(Select)]
enum Nothing {}

#[derive(Select)]
enum WithData {
    Number(u32),
    Named { name: String },
}

#[derive(Select)]
struct Format {
    pdf: bool,
}

#[derive(Select)]
enum Generic<T> {
    One,
    #[option(skip)]
    Two(T),
}

fn main() {}
