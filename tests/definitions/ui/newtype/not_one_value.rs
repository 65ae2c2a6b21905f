use bizproc_runtime::Property;

#[derive(Property)]
struct Pair(u32, u32);

#[derive(Property)]
struct Named {
    sum: f64,
    currency: String,
}

#[derive(Property)]
struct Unit;

#[derive(Property)]
struct Nothing();

#[derive(Property)]
enum Choice {
    One,
}

#[derive(Property)]
union Either {
    a: u32,
}

fn main() {}
