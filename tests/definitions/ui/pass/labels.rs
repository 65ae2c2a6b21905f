//! Where labels come from, the nearest first: the attribute, the doc comment, the name.
use bizproc_runtime::Robot;

/// Send invoice.
///
/// Makes the invoice
/// and sends it.
#[derive(Robot)]
#[robot(code = "acme_labels", name(UA = "Рахунок"), description(de = "Rechnung"))]
struct Labels {
    /// From the comment
    #[property(name = "From the attribute")]
    attribute: String,
    #[doc = "From the comment"]
    #[property(name(ru = "Из комментария"))]
    comment: String,
    made_of_the_name: String,
    #[property(name(en = "English", es = "Español"), description = "Hint")]
    languages: String,
}

fn main() {
    let definition = Labels::DEFINITION;
    let texts = [("en", "Send invoice"), ("ua", "Рахунок")];
    assert_eq!(definition.name().texts(), texts);
    let inputs = definition.properties();
    let labels = inputs.iter().map(|input| input.name.get("en").unwrap());
    let expected = ["From the attribute", "From the comment", "Made of the name", "English"];
    assert_eq!(labels.collect::<Vec<_>>(), expected);
    assert_eq!(inputs.get(3).unwrap().description.get("EN"), Some("Hint"));
}
