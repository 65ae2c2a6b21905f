use bizproc_runtime::definition::*;

const NUMBER: PropertySpec =
    PropertySpec::new("number", PropertyType::Int)
        .default("many")
        .checked();

const FORMAT: PropertySpec =
    PropertySpec::new("format", PropertyType::Select).checked();

const TWICE: PropertyList = PropertyList::new(&[
    PropertySpec::new("email", PropertyType::String),
    PropertySpec::new("eMail", PropertyType::String),
])
.checked();

fn main() {
    println!("{NUMBER:?} {FORMAT:?} {TWICE:?}");
}
