use bizproc_runtime::{Property, ReturnValues, Robot, Select};

#[derive(Property)]
struct Deal(u32);

#[derive(Property)]
struct Named {
    name: String,
}

#[derive(Property)]
#[property(type = "UF:money")]
struct Money(String);

#[derive(Property)]
struct Tags(Vec<String>);

#[derive(Property)]
#[property(crate = "::bizproc_runtime")]
struct Maybe(Option<Format>);

#[derive(Property)]
struct Outer<T>(T);

#[derive(Select)]
enum Format {
    Pdf,
}

#[derive(Robot)]
#[robot(code = "acme_newtypes", returns = Output)]
struct Newtypes {
    #[property(default = 4_294_967_295)]
    deal: Deal,
    named: Option<Named>,
    money: Vec<Money>,
    #[property(default = ["a"])]
    tags: Tags,
    #[property(default = Format::Pdf)]
    maybe: Maybe,
    outer: Outer<Outer<Deal>>,
}

#[derive(ReturnValues)]
struct Output {
    made: Outer<Deal>,
}

fn main() {
    let inputs = Newtypes::DEFINITION.properties();
    let types = inputs.iter().map(|input| input.property_type.as_str());
    let expected = ["int", "string", "UF:money", "string", "select", "int"];
    assert_eq!(types.collect::<Vec<_>>(), expected);
    assert!(inputs.get(3).unwrap().multiple && !inputs.get(4).unwrap().required);
    assert_eq!(inputs.get(4).unwrap().options[0].key, Format::Pdf.key());
    let Named { name } = Named { name: String::new() };
    assert!(name.is_empty());
}
