use bizproc_runtime::definition::*;

const VALUES: PropertyList =
    PropertyList::own(&[PropertySpec::new("sum", PropertyType::Double)]);

const NEVER: Definition = Definition::robot("acme_never")
    .returns(VALUES)
    .wait(Wait::No)
    .checked();

const AUTHOR: Definition = Definition::robot("acme_author")
    .returns(VALUES)
    .wait(Wait::Author)
    .checked();

fn main() {
    println!("{NEVER:?} {AUTHOR:?}");
}
