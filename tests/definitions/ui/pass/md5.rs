use bizproc_runtime::{ReturnValues, Robot};

/// MD5 generator
#[derive(Robot)]
#[robot(code = "md5", name(ru = "MD5 генератор"), returns = Md5Hash)]
struct Md5 {
    /// Input string
    #[property(id = "inputString", name(ru = "Входящая строка"), default = "{=Document:NAME}")]
    input: String,
}

#[derive(ReturnValues)]
struct Md5Hash {
    /// MD5
    #[property(id = "outputString")]
    hash: String,
}

fn main() {
    let Md5 { input } = Md5 { input: String::new() };
    let Md5Hash { hash } = Md5Hash { hash: input };
    assert!(hash.is_empty());
    assert_eq!(Md5::DEFINITION.code(), "md5");
}
