use bizproc_runtime::definition::{PropertyType, SelectOption};
use bizproc_runtime::property::{Culture, InputValue, Value, ValueError};
use bizproc_runtime::{Property, ReturnValues, Robot};

struct Address;

impl Property for Address {
    const TYPE: PropertyType = PropertyType::Other("UF:address");

    fn decode(_: InputValue<'_>) -> Result<Self, ValueError> {
        Ok(Self)
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::Null
    }
}

/// Options that a program reads from somewhere else than an enum.
struct Colour(&'static str);

impl Property for Colour {
    const TYPE: PropertyType = PropertyType::Select;
    const REQUIRED: bool = false;
    const OPTIONS: &'static [SelectOption] = &[SelectOption::new("red", "Red")];

    fn decode(_: InputValue<'_>) -> Result<Self, ValueError> {
        Ok(Self("red"))
    }

    fn encode(&self, _: &Culture) -> Value {
        Value::from(self.0)
    }
}

#[derive(Robot)]
#[robot(code = "acme_own", returns = Output)]
struct Own {
    address: Address,
    #[property(default = "red")]
    colour: Colour,
}

#[derive(ReturnValues)]
struct Output {
    addresses: Vec<Address>,
}

fn main() {
    let inputs = Own::DEFINITION.properties();
    let types = inputs.iter().map(|input| input.property_type.as_str());
    assert_eq!(types.collect::<Vec<_>>(), ["UF:address", "select"]);
    assert!(!inputs.get(1).unwrap().required);
}
