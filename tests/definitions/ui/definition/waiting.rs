use bizproc_runtime::definition::*;

const VALUES: PropertyList =
    PropertyList::new(&[PropertySpec::new("sum", PropertyType::Double)]);

const NEVER: Definition = Definition::robot("acme_never")
    .with_returns(VALUES)
    .with_wait(Wait::Never)
    .checked();

const AUTHOR: Definition = Definition::robot("acme_author")
    .with_returns(VALUES)
    .with_wait(Wait::AuthorDecides)
    .checked();

fn main() {
    println!("{NEVER:?} {AUTHOR:?}");
}
