// Options is a list, keys become 0..n-1
use bizproc_runtime::Select;

#[derive(Select)]
enum ElementType {
    /// Контакт
    #[option(key = "0")]
    Contact,
    /// Компания
    #[option(key = "1")]
    Company,
}

fn main() {}
