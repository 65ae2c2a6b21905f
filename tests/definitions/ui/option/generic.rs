use bizproc_runtime::Select;

#[derive(Select)]
enum Borrowing<'a> {
    One(&'a str),
}

#[derive(Select)]
enum Sized<const N: usize> {
    One,
}

fn main() {}
