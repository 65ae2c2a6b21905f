use bizproc_runtime::{Property, ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_generic", returns = Pair<T, u8>)]
struct Generic<T> {
    value: T,
    list: Vec<T>,
    maybe: Option<T>,
    number: u32,
}

#[derive(ReturnValues)]
struct Pair<A, B = String> {
    first: A,
    second: B,
}

#[derive(Property)]
struct Wrapped<T>(T);

/// A parameter that no field needs to know the property type of.
#[derive(Robot)]
#[robot(code = "acme_marked")]
struct Marked<T: Marker> {
    of: T::Value,
}

trait Marker {
    type Value: Property;
}

struct Text;

impl Marker for Text {
    type Value = String;
}

fn main() {
    let outputs = Generic::<String>::DEFINITION.returns();
    assert_eq!(outputs.get(1).unwrap().property_type.as_str(), "int");
    let inputs = Generic::<Wrapped<bool>>::DEFINITION.properties();
    let types = inputs.iter().map(|input| input.property_type.as_str());
    assert_eq!(types.collect::<Vec<_>>(), ["bool", "bool", "bool", "int"]);
    assert_eq!(<Pair<bool> as ReturnValues>::PROPERTIES.len(), 2);
    assert_eq!(Marked::<Text>::DEFINITION.properties().len(), 1);
}
