use bizproc_runtime::definition::*;

const VALUES: PropertyList =
    PropertyList::new(&[PropertySpec::new("sum", PropertyType::Double)]);

const NEVER: Definition = Definition::robot("acme_never")
    .returns(VALUES)
    .wait(Wait::Never)
    .checked();

const AUTHOR: Definition = Definition::robot("acme_author")
    .returns(VALUES)
    .wait(Wait::AuthorDecides)
    .checked();

fn main() {
    println!("{NEVER:?} {AUTHOR:?}");
}
