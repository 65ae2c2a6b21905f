use bizproc_runtime::Property;

#[derive(Property)]
#[property(type = "UF:mony")]
struct Money(String);

#[derive(Property)]
#[property(id = "deal", required)]
struct Deal(u32);

#[derive(Property)]
#[property(type = 5, crate = "robots")]
struct Faulty(String);

#[derive(Property)]
#[property(type = "UF:url", type = "web")]
struct Twice(String);

fn main() {}
