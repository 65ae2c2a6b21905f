use bizproc_runtime::{ReturnValues, Robot, Select};

#[derive(Robot)]
#[robot(code = "acme_raw", returns = r#Struct)]
pub struct r#Raw {
    r#type: String,
    r#match: Option<r#Enum>,
    #[property(id = "other")]
    r#fn: std::option::Option<std::string::String>,
}

#[derive(ReturnValues)]
#[return_values(rename_all = "PascalCase")]
pub struct r#Struct {
    r#struct: String,
}

#[derive(Select)]
pub enum r#Enum {
    r#Else,
    r#Try,
}

fn main() {
    let inputs = Raw::DEFINITION.properties();
    let ids = inputs.iter().map(|input| input.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["type", "match", "other"]);
    let labels = inputs.iter().map(|input| input.name.get("en").unwrap());
    assert_eq!(labels.collect::<Vec<_>>(), ["Type", "Match", "Fn"]);
    assert_eq!(Raw::DEFINITION.returns().get(0).unwrap().id, "Struct");
    assert_eq!(r#Enum::r#Else.key(), "Else");
    assert_eq!(r#Enum::Try.key(), "Try");
}
