use bizproc_runtime::{Property, Robot};

#[derive(Property)]
struct Tags(Vec<String>);

#[derive(Property)]
struct Maybe(Option<String>);

#[derive(Robot)]
#[robot(code = "acme_tags")]
struct Label {
    tags: Vec<Tags>,
    #[property(default = "a")]
    one: Tags,
    maybe: Option<Maybe>,
}

fn main() {}
