use bizproc_runtime::{Properties, ReturnValues, Robot};

/// Unit
#[derive(Robot)]
#[robot(code = "acme_unit", returns = Nothing)]
struct Unit;

#[derive(Robot)]
#[robot(code = "acme_empty")]
struct Empty {}

#[derive(ReturnValues)]
struct Nothing;

#[derive(Properties)]
struct NoFields {}

#[derive(Robot)]
#[robot(code = "acme_around_nothing")]
struct Around {
    #[property(flatten)]
    none: NoFields,
}

fn main() {
    assert!(Unit::DEFINITION.properties().is_empty());
    assert!(Unit::DEFINITION.returns().is_empty());
    assert!(Empty::DEFINITION.properties().is_empty());
    assert!(Around::DEFINITION.properties().is_empty());
    let Around { none: NoFields {} } = Around { none: NoFields {} };
}
